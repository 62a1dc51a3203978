package io.millrace.benchmarks.debezium;

import io.debezium.embedded.Connect;
import io.debezium.engine.ChangeEvent;
import io.debezium.engine.DebeziumEngine;
import io.debezium.engine.DebeziumEngine.RecordCommitter;
import io.debezium.engine.RecordChangeEvent;
import io.debezium.engine.format.ChangeEventFormat;
import io.debezium.engine.format.Json;
import io.millrace.benchmarks.protocol.Style;
import java.io.IOException;
import java.util.List;
import java.util.Properties;
import java.util.function.Consumer;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.source.SourceRecord;

/**
 * A running engine. In the lean style its records stay Kafka Connect's structs, which is the
 * cheapest it can give; in the whole style, and as shipped, they are JSON.
 */
final class Engine implements AutoCloseable {
  private final DebeziumEngine<?> engine;
  private final Thread thread;
  private volatile String failure = "";

  /**
   * Starts it.
   *
   * @param sink told, per record of a table, the row's {@code id} or, where {@code ids} is false, 0
   */
  Engine(Properties settings, Style style, boolean ids, Consumer<Long> sink) {
    engine = style == Style.LEAN ? structs(settings, ids, sink) : json(settings, ids, sink);
    thread = new Thread(engine, "benchmark-engine");
    thread.start();
  }

  /** Why it ended by itself, empty while it did not. */
  String failure() {
    return failure;
  }

  private DebeziumEngine<?> structs(Properties settings, boolean ids, Consumer<Long> sink) {
    return DebeziumEngine.create(ChangeEventFormat.of(Connect.class))
        .using(settings)
        .using((success, message, error) -> ended(success, message, error))
        .notifying(
            (List<RecordChangeEvent<SourceRecord>> records,
                RecordCommitter<RecordChangeEvent<SourceRecord>> committer) -> {
              for (RecordChangeEvent<SourceRecord> event : records) {
                SourceRecord source = event.record();
                if (source.value() instanceof Struct row && row.schema().field("op") != null) {
                  sink.accept(ids ? id(source.key()) : 0L);
                }
              }
              committer.markProcessed(records.get(records.size() - 1));
              committer.markBatchFinished();
            })
        .build();
  }

  private DebeziumEngine<?> json(Properties settings, boolean ids, Consumer<Long> sink) {
    return DebeziumEngine.create(Json.class)
        .using(settings)
        .using((success, message, error) -> ended(success, message, error))
        .notifying(
            (List<ChangeEvent<String, String>> records,
                RecordCommitter<ChangeEvent<String, String>> committer) -> {
              for (ChangeEvent<String, String> event : records) {
                if (event.value() != null) {
                  sink.accept(ids ? number(event.key()) : 0L);
                }
              }
              committer.markProcessed(records.get(records.size() - 1));
              committer.markBatchFinished();
            })
        .build();
  }

  /** The id in a struct's key; of MongoDB it is a text. */
  private static long id(Object key) {
    Object id = ((Struct) key).get("id");
    return id instanceof Long number ? number : number(String.valueOf(id));
  }

  /** The one number in a key; no parser, to be quick. */
  private static long number(String key) {
    int at = 0;
    while (!isDigit(key, at)) {
      at++;
    }
    int end = at;
    while (end < key.length() && Character.isDigit(key.charAt(end))) {
      end++;
    }
    boolean negative = at > 0 && key.charAt(at - 1) == '-';
    return Long.parseLong(key, negative ? at - 1 : at, end, 10);
  }

  private static boolean isDigit(String text, int at) {
    if (at == text.length()) {
      throw new IllegalStateException("no id in the key " + text);
    }
    return Character.isDigit(text.charAt(at));
  }

  private void ended(boolean success, String message, Throwable error) {
    if (!success) {
      failure = message + " " + error;
    }
  }

  @Override
  public void close() throws IOException, InterruptedException {
    engine.close();
    thread.join();
  }
}
