package io.millrace.cdc.mysql;

import io.millrace.cdc.error.SourceException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Reads the log ahead, over a connection of its own, for statements that define tables. */
final class DefinitionScan implements Layouts.Ahead {
  private static final int AFTER_HEADER = 8;
  private static final long LOWEST_ID = 1L << 31;

  private final SourceSettings settings;
  private final String pipeline;
  private final String identity;

  DefinitionScan(SourceSettings settings, String pipeline, String identity) {
    this.settings = settings;
    this.pipeline = pipeline;
    this.identity = identity;
  }

  @Override
  public List<Statement> definitions(GtidSet after, LogPlace until) {
    // Never the reader's own id: the server would end its connection.
    long id = LOWEST_ID + settings.random().nextLong(LOWEST_ID - 1);
    List<Statement> found = new ArrayList<>();
    try (BinlogStream stream =
        BinlogStream.start(settings, pipeline + "-ahead", after, id, identity)) {
      LogPlace reached = new LogPlace("." + 0, 0);
      String file = "";
      while (!until.minus(reached).isEmpty()) {
        RawEvent event = stream.next(settings.timeout().toNanos());
        if (event == null) {
          throw new SourceException(
              String.format(
                  Locale.ROOT,
                  "%s sent nothing of its log up to %s within %s.",
                  settings.address(),
                  until,
                  settings.timeout()),
              null,
              true);
        }
        switch (event.type()) {
          case EventCode.ROTATE -> {
            file = name(event, AFTER_HEADER);
            continue;
          }
          case EventCode.HEARTBEAT -> file = name(event, 0);
          case EventCode.QUERY, EventCode.QUERY_COMPRESSED -> {
            Statement statement = Statement.read(event);
            if (statement.definesTables()) {
              found.add(statement);
            }
          }
          default -> {
            // rows, and what stands around them
          }
        }
        if (event.nextOffset() > 0 && !file.isEmpty()) {
          reached.pass(file, event.nextOffset());
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new SourceException("Interrupted while the log was read ahead.", e, true);
    }
    return found;
  }

  private static String name(RawEvent event, int from) {
    ByteReader in = event.body();
    in.position += from;
    return new String(in.bytes, in.position, in.remaining(), StandardCharsets.UTF_8);
  }
}
