package io.millrace.cdc.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.cdc.error.Finding;
import io.millrace.cdc.error.LostPositionException;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.position.Position;
import io.millrace.cdc.source.FirstStart;
import io.millrace.cdc.source.ReaderStart;
import io.millrace.cdc.source.SourceBatch;
import io.millrace.cdc.source.SourceReader;
import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.PostgresServer;
import io.millrace.cdc.testkit.ServerKind;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the change log gives up, and when. */
@NeedsServer(ServerKind.POSTGRES)
final class PostgresRetentionTest {
  /** Every segment that has a row is closed at the next look, and nothing is kept by age. */
  private static final LogRetention SHORT =
      LogRetention.keep(Duration.ZERO).withSegmentRows(1).byHand();

  private final Database database = SyncRig.captured(PostgresServer.shared());
  private final PostgresSource source = source(SHORT);

  @AfterEach
  void drop() {
    database.drop();
  }

  @Test
  void what_a_registered_reader_has_not_passed_is_kept_and_what_all_have_passed_goes()
      throws Exception {
    try (SourceReader slow = open("slow");
        SourceReader fast = open("fast")) {
      Position slowAt = slow.position();
      for (int round = 1; round <= 5; round++) {
        database.execute(
            "insert into item select i, 0 from generate_series("
                + round * 10
                + ","
                + (round * 10 + 4)
                + ") i");
        save(fast, SourceFixture.drain(fast));
        retain();
      }
      assertThat(rows()).isEqualTo(25);
      assertThat(segments()).isGreaterThanOrEqualTo(5);
      assertThat(source.changeLog().retain(SHORT)).isEmpty();
      List<SourceBatch> read = SourceFixture.drain(slow);
      assertThat(SourceFixture.events(read)).hasSize(25);
      // One window held all of it, and is the witness. The next one takes its place.
      save(slow, read);
      assertThat(retain()).isEmpty();
      database.execute("insert into item values (2, 1)");
      read = SourceFixture.drain(slow);
      save(fast, SourceFixture.drain(fast));
      slowAt = position(slowAt, read);
      note(slowAt);
      List<String> done = retain();
      assertThat(done).anyMatch(step -> step.startsWith("emptied millrace.change_log_"));
      assertThat(done).anyMatch(step -> step.startsWith("dropped millrace.change_log_"));
      // The last window stays, though all have read it.
      assertThat(rows()).isEqualTo(1);
      assertThat(segments()).isLessThan(5);
      try (SourceReader again = source.open(start("slow", slowAt))) {
        database.execute("insert into item values (1, 1)");
        assertThat(SourceFixture.read(again, 1)).extracting(ChangeEvent::id).containsExactly("1");
      }
    }
  }

  @Test
  void what_is_young_is_kept_though_all_have_read_it() throws Exception {
    try (SourceReader reader = open("reader")) {
      database.execute("insert into item values (1, 1)");
      save(reader, SourceFixture.drain(reader));
      LogRetention day = LogRetention.keep(Duration.ofDays(1)).withSegmentRows(1).byHand();
      for (int i = 0; i < 4; i++) {
        assertThat(source.changeLog().retain(day)).isEmpty();
        database.execute("update item set v = v + 1");
      }
      assertThat(rows()).isEqualTo(5);
    }
  }

  @Test
  void a_transaction_that_is_open_keeps_what_it_logged_and_waits_for_nothing() throws Exception {
    try (SourceReader reader = open("reader");
        Connection connection = database.connect();
        Statement late = connection.createStatement()) {
      connection.setAutoCommit(false);
      late.execute("insert into item values (1, 1)");
      for (int i = 10; i < 14; i++) {
        database.execute("insert into item values (" + i + ", 0)");
        save(reader, SourceFixture.drain(reader));
        retain();
      }
      late.execute("update item set v = 2 where id = 1");
      connection.commit();
      retain();
      assertThat(SourceFixture.read(reader, 2))
          .extracting(ChangeEvent::id)
          .containsExactly("1", "1");
    }
  }

  @Test
  void empty_segments_stay_while_a_writer_is_in_the_way_and_go_all_at_once() throws Exception {
    database.execute("insert into item values (1, 1)", "insert into item values (2, 2)");
    try (Connection connection = database.connect();
        Statement writer = connection.createStatement()) {
      connection.setAutoCommit(false);
      for (int i = 0; i < 5; i++) {
        writer.execute("update item set v = v + 1 where id = 1");
        database.execute("update item set v = v + 1 where id = 2");
        assertThat(retain()).noneMatch(step -> step.startsWith("dropped"));
        connection.commit();
        writer.execute("update item set v = v + 1 where id = 1");
        retain();
      }
      assertThat(segments()).isGreaterThan(5);
      connection.commit();
    }
    assertThat(retain()).filteredOn(step -> step.startsWith("dropped")).hasSize(1);
    assertThat(segments()).isLessThanOrEqualTo(3);
  }

  @Test
  void past_the_hard_limit_even_unread_changes_go_and_the_reader_is_told() throws Exception {
    Position at;
    long epoch;
    try (SourceReader reader = open("reader")) {
      at = reader.position();
      epoch = reader.epoch();
    }
    database.execute("insert into item values (1, 1)", "insert into item values (2, 1)");
    LogRetention hard = SHORT.withUnreadFor(Duration.ofMillis(1));
    for (int i = 0; i < 3; i++) {
      source.changeLog().retain(hard);
    }
    assertThat(rows()).isZero();
    assertThatThrownBy(() -> source.open(start("reader", at)))
        .isInstanceOf(LostPositionException.class)
        .hasMessageContaining("'reader'")
        .hasMessageContaining("emptied")
        .hasMessageContaining("the limit of")
        .hasMessageContaining("accept the gap");
    try (SourceReader reader =
        source.open(new ReaderStart("reader", Optional.empty(), epoch, FirstStart.OLDEST, true))) {
      database.execute("insert into item values (3, 1)");
      assertThat(SourceFixture.read(reader, 1)).extracting(ChangeEvent::id).containsExactly("3");
    }
    LogRetention small = SHORT.withUnreadBytes(1);
    try (SourceReader reader = open("other")) {
      database.execute("insert into item values (4, 1)");
      source.changeLog().retain(small);
      source.changeLog().retain(small);
      assertThatThrownBy(
              () -> {
                long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
                while (System.nanoTime() < deadline) {
                  reader.poll(10, Duration.ofMillis(200));
                }
              })
          .isInstanceOf(LostPositionException.class)
          .hasMessageContaining("bytes, the limit");
    }
  }

  @Test
  void a_forgotten_reader_keeps_nothing_and_has_lost_its_position() throws Exception {
    Position at;
    try (SourceReader reader = open("gone")) {
      at = reader.position();
    }
    database.execute("insert into item values (1, 1)");
    retain();
    assertThat(rows()).isEqualTo(1);
    assertThat(source.changeLog().forgetReader("gone")).isTrue();
    assertThat(source.changeLog().forgetReader("gone")).isFalse();
    retain();
    assertThat(rows()).isZero();
    assertThatThrownBy(() -> source.open(start("gone", at)))
        .isInstanceOf(LostPositionException.class)
        .hasMessageContaining("did not hold the pipeline");
  }

  @Test
  void a_reader_tidies_up_by_itself_and_says_how_long_unread_changes_are_kept() throws Exception {
    PostgresSource own =
        source(
            LogRetention.keep(Duration.ZERO).withSegmentRows(1).withUnreadFor(Duration.ofHours(2)));
    try (SourceReader reader =
        own.open(new ReaderStart("own", Optional.empty(), 0, FirstStart.NOW))) {
      long deadline = System.nanoTime() + Duration.ofSeconds(90).toNanos();
      for (int i = 1; i < 4 || rows() > i / 2; i++) {
        assertThat(System.nanoTime()).as("%s rows of %s", rows(), i).isLessThan(deadline);
        database.execute("insert into item values (" + i + ", 0)");
        save(reader, SourceFixture.drain(reader));
      }
      assertThat(reader.progress().headroom()).contains(Duration.ofHours(2));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "change_log_xid_id on millrace.change_log (xid, id)",
        "change_log_xid on millrace.change_log (incarnation, xid, id)"
      })
  void a_log_in_one_table_becomes_the_first_segment_and_is_read_on(String index) throws Exception {
    Database old = PostgresServer.shared().createDatabase("old");
    old.execute("create table item (id int primary key, v int)");
    SyncRig.source(old).changeLog().install();
    // As it was before there were segments.
    old.execute(
        "alter table millrace.change_log rename to whole",
        "create table millrace.change_log (like millrace.whole including defaults)",
        "drop table millrace.whole",
        "alter table millrace.change_log add constraint change_log_pkey primary key (id)",
        "create index " + index,
        "insert into item values (1, 1), (2, 1)");
    PostgresSource upgraded = SyncRig.source(old);
    assertThat(upgraded.preflight()).extracting(Finding::code).contains("not-installed");
    upgraded.changeLog().install();
    assertThat(upgraded.preflight()).isEmpty();
    upgraded.changeLog().install();
    try (SourceReader reader =
        upgraded.open(new ReaderStart("new", Optional.empty(), 0, FirstStart.OLDEST))) {
      old.execute("insert into item values (3, 1)");
      assertThat(SourceFixture.read(reader, 3))
          .extracting(ChangeEvent::id)
          .containsExactly("1", "2", "3");
    }
    upgraded.changeLog().uninstall();
    assertThat(old.number("select count(*) from pg_namespace where nspname = 'millrace'")).isZero();
    old.drop();
  }

  private PostgresSource source(LogRetention retention) {
    return PostgresSource.builder(database.dataSource())
        .service("test")
        .capture("public.item")
        .retention(retention)
        .build();
  }

  private SourceReader open(String pipeline) {
    SourceReader reader =
        source.open(new ReaderStart(pipeline, Optional.empty(), 0, FirstStart.NOW));
    reader.saved(reader.position());
    return reader;
  }

  private static ReaderStart start(String pipeline, Position at) {
    return new ReaderStart(pipeline, Optional.of(at), 0, FirstStart.NOW);
  }

  private List<String> retain() {
    return source.changeLog().retain(SHORT);
  }

  /** Readers note their position every few seconds; the tests do not wait for it. */
  private void save(SourceReader reader, List<SourceBatch> read) {
    Position at = position(reader.position(), read);
    reader.saved(at);
    note(at);
  }

  private void note(Position at) {
    LogPosition position = LogPosition.decode(at);
    database.update(
        "update millrace.reader set incarnation = ?, bound = ?, members = ?::bigint[], witness = ?::bigint[] where nonce = ?",
        position.incarnation(),
        position.needed().bound(),
        Sql.numbers(position.needed().members()),
        Sql.numbers(position.witnesses()),
        position.nonce());
  }

  private static Position position(Position before, List<SourceBatch> batches) {
    Position at = before;
    for (SourceBatch batch : batches) {
      at = batch.position() == null ? at : batch.position();
    }
    return at;
  }

  private long rows() {
    return database.number("select count(*) from millrace.change_log");
  }

  private long segments() {
    return database.number(
        "select count(*) from pg_inherits where inhparent = 'millrace.change_log'::regclass");
  }
}
