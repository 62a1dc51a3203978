package io.millrace.cdc.event;

import io.millrace.cdc.error.EventException;
import io.millrace.cdc.internal.Check;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A row that a pipeline writes into the captured database to see it come back through the log, and
 * that an applier meets at the channel's other end.
 *
 * <p>It travels as a MESSAGE of the reserved entity {@value #ENTITY}, whose id is the pipeline's
 * name.
 *
 * @param pipeline name of the pipeline that wrote it
 * @param counter rises from 1 with every heartbeat of one run of the pipeline
 * @param writtenAt when it was written, by the clock of the pipeline
 * @param acknowledged an earlier heartbeat of this log; every change committed before that one was
 *     written was published, and no pipeline of this log will publish it again under the same
 *     version. Empty where that is not known
 */
public record Heartbeat(
    String pipeline, long counter, Instant writtenAt, Optional<Mark> acknowledged) {
  /** The entity of the events that heartbeats travel as. */
  public static final String ENTITY = "millrace.heartbeat";

  /** Names of the fields, in the tables of the sources and in the event. */
  public static final String PIPELINE = "pipeline";

  /** Field {@code counter}. */
  public static final String COUNTER = "counter";

  /** Field {@code written_at}. */
  public static final String WRITTEN_AT = "written_at";

  /** Field {@code acknowledged}: hexadecimal text of a version. */
  public static final String ACKNOWLEDGED = "acknowledged";

  /** Field {@code acknowledged_at}. */
  public static final String ACKNOWLEDGED_AT = "acknowledged_at";

  /**
   * Where and when an earlier heartbeat was written.
   *
   * @param version of that heartbeat
   * @param writtenAt when it was written
   */
  public record Mark(Version version, Instant writtenAt) {}

  /** Checks the name. */
  public Heartbeat {
    Check.notBlank(pipeline, "pipeline");
  }

  /** Whether an event is a heartbeat. */
  public static boolean is(ChangeEvent event) {
    return event.type() == ChangeType.MESSAGE && event.entity().equals(ENTITY);
  }

  /**
   * The heartbeat that an event carries.
   *
   * @throws EventException where the event is none, or lacks a field
   */
  public static Heartbeat of(ChangeEvent event) {
    Row row = event.newValue();
    if (is(event)
        && row != null
        && row.get(PIPELINE) instanceof Value.StringValue pipeline
        && row.get(COUNTER) instanceof Value.Int64Value counter
        && row.get(WRITTEN_AT) instanceof Value.TimestampValue writtenAt) {
      return new Heartbeat(
          pipeline.value(), counter.value(), writtenAt.toInstant(), acknowledged(row));
    }
    throw new EventException("%s is no heartbeat: it carries %s.".formatted(event, row));
  }

  private static Optional<Mark> acknowledged(Row row) {
    return row.get(ACKNOWLEDGED) instanceof Value.StringValue version
            && row.get(ACKNOWLEDGED_AT) instanceof Value.TimestampValue at
        ? Optional.of(new Mark(Version.fromHex(version.value()), at.toInstant()))
        : Optional.empty();
  }

  /** The event that carries it; MESSAGE, from the service whose log it was read from. */
  public ChangeEvent toEvent(String service, String log, Version version) {
    @Nullable Mark mark = acknowledged.orElse(null);
    Row row =
        Row.builder()
            .put(PIPELINE, Value.of(pipeline))
            .put(COUNTER, Value.of(counter))
            .put(WRITTEN_AT, Value.TimestampValue.of(writtenAt))
            .put(ACKNOWLEDGED, mark == null ? Value.NULL : Value.of(mark.version().toHex()))
            .put(
                ACKNOWLEDGED_AT,
                mark == null ? Value.NULL : Value.TimestampValue.of(mark.writtenAt()))
            .build();
    return ChangeEvent.builder()
        .type(ChangeType.MESSAGE)
        .entity(ENTITY)
        .key(Row.of(PIPELINE, Value.of(pipeline)))
        .newValue(row)
        .source(service)
        .changedAt(writtenAt)
        .log(log)
        .version(version)
        .build();
  }
}
