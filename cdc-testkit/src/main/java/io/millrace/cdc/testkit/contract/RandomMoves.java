package io.millrace.cdc.testkit.contract;

import io.millrace.cdc.codec.ProtobufCodec;
import io.millrace.cdc.error.TransportException;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.ChangeType;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Version;
import io.millrace.cdc.transport.PublishCallback;
import io.millrace.cdc.transport.Publisher;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;

/**
 * A source that changes a handful of rows at random, keys above all, and what its events look like
 * to a target: each key in order, but one key far ahead of another, and what was sent already once
 * more.
 */
final class RandomMoves {
  private static final int IDS = 6;

  /** Of these rows, what is only in the target must survive everything: they are never deleted. */
  static final int LASTING = 3;

  /**
   * A row of the source.
   *
   * @param own what may stand in the target's own column: of a row that was deleted and made again
   *     before anybody looked, the old row's
   */
  private record SourceRow(int identity, long value, Set<String> own) {}

  private final Random random;
  private final Publisher publisher;
  private final boolean inOrder;
  private final TreeMap<Long, SourceRow> rows = new TreeMap<>();
  private final Map<Long, Set<String>> buried = new TreeMap<>();
  private final List<ChangeEvent> log = new ArrayList<>();
  private final Map<String, Integer> sent = new TreeMap<>();
  private int sentInOrder;
  private long place;
  private int identities;

  /**
   * A source.
   *
   * @param inOrder whether events come in the order of the log, as in a channel of one partition
   */
  RandomMoves(Random random, Publisher publisher, boolean inOrder) {
    this.random = random;
    this.publisher = publisher;
    this.inOrder = inOrder;
    for (long id = 1; id <= LASTING; id++) {
      insert(id, Set.of("own" + id));
    }
  }

  /** What the target's own column holds of a lasting row once it is there. */
  static String own(long firstId) {
    return "own" + firstId;
  }

  /** A transaction of the source. */
  void change() {
    long id = 1L + random.nextInt(IDS);
    long other = 1L + random.nextInt(IDS);
    SourceRow row = rows.get(id);
    switch (random.nextInt(8)) {
      case 0 -> {
        if (row == null) {
          Set<String> own = new HashSet<>(buried.getOrDefault(id, Set.of()));
          own.add("null");
          insert(id, own);
        }
      }
      case 1 -> {
        if (row != null && row.identity > LASTING) {
          rows.remove(id);
          buried.put(id, row.own);
          log.add(event(ChangeType.DELETED, id, 0).build());
          place++;
        }
      }
      case 2, 3 -> {
        if (row != null) {
          put(ChangeType.UPDATED, id, new SourceRow(row.identity, value(), row.own));
        }
      }
      case 4, 5 -> {
        if (row != null && !rows.containsKey(other)) {
          move(id, other);
        }
      }
      default -> {
        if (row != null && rows.containsKey(other) && id != other) {
          long free = IDS + 1L + random.nextInt(2);
          move(id, free);
          move(other, id);
          move(free, other);
        }
      }
    }
  }

  /** Few, so that rows are often alike. */
  private long value() {
    return random.nextInt(3);
  }

  private void insert(long id, Set<String> own) {
    put(ChangeType.CREATED, id, new SourceRow(++identities, value(), own));
  }

  private void put(ChangeType type, long id, SourceRow row) {
    rows.put(id, row);
    log.add(event(type, id, 0).newValue(state(id, row)).build());
    place++;
  }

  private void move(long from, long to) {
    SourceRow row = rows.remove(from);
    SourceRow moved =
        new SourceRow(row.identity, random.nextBoolean() ? value() : row.value, row.own);
    rows.put(to, moved);
    log.add(event(ChangeType.DELETED, from, 0).previousKey(Events.row("id", to)).build());
    log.add(
        event(ChangeType.CREATED, to, 1)
            .previousKey(Events.row("id", from))
            .newValue(state(to, moved))
            .build());
    place++;
  }

  private static Row state(long id, SourceRow row) {
    return Events.row("id", id, "value", row.value);
  }

  private ChangeEvent.Builder event(ChangeType type, long id, int ordinal) {
    return ChangeEvent.builder()
        .type(type)
        .entity("thing")
        .key(Events.row("id", id))
        .source("billing")
        .changedAt(Instant.parse("2026-01-01T00:00:00Z"))
        .log("billing-00000001")
        .version(Version.of(1, ByteBuffer.allocate(9).putLong(place).put((byte) ordinal).array()))
        .transactionId("t" + place);
  }

  /** Sends the next event of some key, or begins to send again from an earlier place. */
  void send() throws InterruptedException {
    if (random.nextInt(25) == 0) {
      again(random.nextInt(log.size()));
    }
    if (inOrder) {
      if (sentInOrder < log.size()) {
        publish(log.get(sentInOrder++));
      }
      return;
    }
    List<String> keys = log.stream().map(ChangeEvent::id).distinct().toList();
    sendNext(keys.get(random.nextInt(keys.size())));
  }

  private void again(int from) {
    sentInOrder = Math.min(sentInOrder, from);
    for (Map.Entry<String, Integer> key : sent.entrySet()) {
      int before =
          (int) log.subList(0, from).stream().filter(e -> e.id().equals(key.getKey())).count();
      key.setValue(Math.min(key.getValue(), before));
    }
  }

  private boolean sendNext(String id) throws InterruptedException {
    int next = sent.getOrDefault(id, 0);
    List<ChangeEvent> all = log.stream().filter(event -> event.id().equals(id)).toList();
    if (next >= all.size()) {
      return false;
    }
    publish(all.get(next));
    sent.put(id, next + 1);
    return true;
  }

  /** Sends all that was not sent yet. */
  void sendRest() throws InterruptedException {
    if (inOrder) {
      while (sentInOrder < log.size()) {
        publish(log.get(sentInOrder++));
      }
      return;
    }
    for (String id : log.stream().map(ChangeEvent::id).distinct().toList()) {
      while (sendNext(id)) {
        // on
      }
    }
  }

  private void publish(ChangeEvent event) throws InterruptedException {
    publisher.publish(
        event.routingKey(),
        ProtobufCodec.instance().encode(event),
        new PublishCallback() {
          @Override
          public void acknowledged() {}

          @Override
          public void failed(TransportException error) {
            throw error;
          }
        });
  }

  /** What is wrong with a target's rows {@code id, value, own}; empty where nothing is. */
  String judge(List<List<Object>> found) {
    StringBuilder wrong = new StringBuilder();
    Map<Long, String> left = new TreeMap<>();
    for (List<Object> row : found) {
      left.put(((Number) row.get(0)).longValue(), row.get(1) + " " + row.get(2));
    }
    rows.forEach(
        (id, row) -> {
          String there = left.remove(id);
          if (row.own.stream().noneMatch(own -> (row.value + " " + own).equals(there))) {
            wrong.append("row %s is %s, not %s\n".formatted(id, there, row));
          }
        });
    left.forEach((id, row) -> wrong.append("row %s is there: %s\n".formatted(id, row)));
    return wrong.toString();
  }

  /** Where a lasting row is now. */
  long idOf(int identity) {
    return rows.entrySet().stream()
        .filter(row -> row.getValue().identity == identity)
        .findFirst()
        .orElseThrow()
        .getKey();
  }

  /** The events in the order of the log, for a message. */
  String history() {
    StringBuilder text = new StringBuilder();
    for (ChangeEvent event : log) {
      text.append(event.version().toHex().substring(28))
          .append(' ')
          .append(event.type())
          .append(' ');
      text.append(event.id());
      if (event.previousKey() != null) {
        text.append(" <-> ").append(event.previousKey());
      }
      text.append(' ').append(event.newValue()).append('\n');
    }
    return text.toString();
  }
}
