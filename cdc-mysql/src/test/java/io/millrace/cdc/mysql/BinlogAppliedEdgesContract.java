package io.millrace.cdc.mysql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.cdc.apply.EntityMode;
import io.millrace.cdc.error.ConfigurationException;
import io.millrace.cdc.event.ChangeEvent;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The edges of echo with a real applier, in both modes. */
abstract class BinlogAppliedEdgesContract {
  private static final List<String> SHOP =
      List.of(
          "create table item (id int primary key, note varchar(50))",
          "create table audit (id int auto_increment primary key, what varchar(50))",
          "create table parent (id int primary key, note varchar(50))",
          "create table child (id int primary key, parent int, foreign key (parent) references parent (id))");

  private static final String[] TABLES = {"item", "audit", "parent", "child"};

  /** A type, and values of it. */
  private static final List<List<String>> TYPES =
      List.of(
          List.of("char(5)", "'ab'", "''", "'ü'"),
          List.of("decimal(10,3)", "1.5", "-0.001", "0"),
          List.of("bigint unsigned", "18446744073709551615", "0"),
          List.of("timestamp(6)", "'2026-01-02 03:04:05.678901'", "'2037-01-01 00:00:00.1'"),
          List.of("binary(4)", "x'00'", "x'00ff2700'", "x'ffffffff'"),
          List.of("varbinary(8)", "x''", "x'2700'", "x'00'"),
          List.of("varchar(40)", "'it''s \"q\" \\\\ ,[x]'", "''", "'\\n\\t€😀'"),
          List.of("varchar(10) character set latin1", "'ü€'", "''", "'x'"),
          List.of("varchar(10) character set utf8mb4 collate utf8mb4_bin", "'Ab '", "'ab'"),
          List.of("date", "'1000-01-01'", "'9999-12-31'", "'2000-02-29'"),
          List.of("datetime(3)", "'2026-01-02 03:04:05.67'", "'9999-12-31 23:59:59.999'"),
          List.of("time(2)", "'-838:59:59'", "'00:00:00.5'", "'-00:00:00.01'"),
          List.of("enum('a', 'B c')", "'a'", "'B c'"),
          List.of("set('a', 'b')", "'a,b'", "''"),
          List.of("double", "1e300", "-0.1", "0.1", "0"),
          List.of("year", "2026", "1901"),
          List.of("bit(9)", "b'100000001'", "b'0'"),
          List.of("bit(64)", "b'0'", "0xffffffffffffffff"),
          List.of("bool", "true", "false"));

  private final TestFlavour flavour;

  BinlogAppliedEdgesContract(TestFlavour flavour) {
    this.flavour = flavour;
  }

  private AppliedRig shop(EntityMode mode) {
    return new AppliedRig(flavour, mode, SHOP, TABLES);
  }

  @ParameterizedTest
  @EnumSource(
      value = EntityMode.class,
      names = {"MIRROR", "SHARED"})
  void rows_and_changed_keys_do_not_come_back(EntityMode mode) throws Exception {
    try (AppliedRig rig = shop(mode)) {
      rig.apply(3, "insert into item values (1, 'a'), (2, 'b'), (3, null)");
      rig.apply(3, "update item set note = ''");
      rig.apply(4, "update item set id = id + 10 where id < 3");
      rig.apply(2, "delete from item where id = 11", "insert into item values (1, 'back')");
      rig.assertSame("item", "id");
      assertThat(rig.published()).isEmpty();
      assertThat(rig.echoes()).isPositive();
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = EntityMode.class,
      names = {"MIRROR", "SHARED"})
  void a_held_event_that_goes_through_later_does_not_come_back(EntityMode mode) throws Exception {
    try (AppliedRig rig = shop(mode)) {
      rig.origin.execute(
          "insert into parent values (1, 'p')",
          "insert into child values (7, 1)",
          "insert into item values (1, 'a')");
      List<ChangeEvent> events = rig.made(3);
      rig.publish(List.of(events.get(1), events.get(2)));
      rig.awaitHeld();
      rig.publish(List.of(events.get(0)));
      rig.awaitApplied();
      rig.assertSame("child", "id");
      assertThat(rig.published()).isEmpty();
      assertThat(rig.echoes()).isEqualTo(3);
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = EntityMode.class,
      names = {"MIRROR", "SHARED"})
  void keys_of_every_type_are_known_again(EntityMode mode) throws Exception {
    String[] tables = new String[TYPES.size()];
    List<String> ddl = new ArrayList<>();
    for (int i = 0; i < tables.length; i++) {
      tables[i] = "k" + i;
      ddl.add(
          "create table k" + i + " (k " + TYPES.get(i).get(0) + " primary key, note varchar(9))");
    }
    try (AppliedRig rig = new AppliedRig(flavour, mode, ddl, tables)) {
      for (int i = 0; i < tables.length; i++) {
        String type = TYPES.get(i).get(0);
        int rows = TYPES.get(i).size() - 1;
        for (String value : TYPES.get(i).subList(1, rows + 1)) {
          rig.origin.execute("insert into k" + i + " values (" + value + ", 'n')");
        }
        rig.apply(rows);
        rig.apply(rows, "update k" + i + " set note = 'changed'");
        assertThat(rig.target.number("select count(*) from k" + i + " where note = 'changed'"))
            .describedAs(type)
            .isEqualTo(rows);
        rig.apply(rows, "delete from k" + i);
        assertThat(rig.target.number("select count(*) from k" + i)).describedAs(type).isZero();
        assertThat(rig.published()).describedAs(type).isEmpty();
        assertThat(rig.echoes()).describedAs(type).isEqualTo(3 * rows);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = EntityMode.class,
      names = {"MIRROR", "SHARED"})
  void a_key_of_two_columns_is_known_again_whatever_their_types(EntityMode mode) throws Exception {
    List<String> ddl = new ArrayList<>();
    String[] tables = new String[TYPES.size()];
    for (int i = 0; i < tables.length; i++) {
      tables[i] = "k" + i;
      ddl.add(
          "create table k%s (k %s, n int, note varchar(9), primary key (k, n))"
              .formatted(i, TYPES.get(i).get(0)));
    }
    try (AppliedRig rig = new AppliedRig(flavour, mode, ddl, tables)) {
      for (int i = 0; i < tables.length; i++) {
        String type = TYPES.get(i).get(0);
        int rows = TYPES.get(i).size() - 1;
        for (int row = 1; row <= rows; row++) {
          rig.origin.execute(
              "insert into k%s values (%s, %s, 'n')".formatted(i, TYPES.get(i).get(row), row));
        }
        rig.apply(rows);
        rig.apply(rows, "update k" + i + " set note = 'changed'");
        assertThat(rig.target.number("select count(*) from k" + i + " where note = 'changed'"))
            .describedAs(type)
            .isEqualTo(rows);
        rig.apply(rows, "delete from k" + i);
        assertThat(rig.target.number("select count(*) from k" + i)).describedAs(type).isZero();
        assertThat(rig.published()).describedAs(type).isEmpty();
        assertThat(rig.echoes()).describedAs(type).isEqualTo(3 * rows);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = EntityMode.class,
      names = {"MIRROR", "SHARED"})
  void keys_of_hostile_names_are_known_again(EntityMode mode) throws Exception {
    String table = "Odd `Table` \"it's";
    String sql = "`Odd ``Table`` \"it's`";
    List<String> ddl =
        List.of(
            "create table "
                + sql
                + " (`Id's` int, `The ``Num``` int, `te\"xt` varchar(40), `Note` varchar(9),"
                + " primary key (`te\"xt`, `The ``Num```, `Id's`))");
    try (AppliedRig rig = new AppliedRig(flavour, mode, ddl, table)) {
      rig.apply(2, "insert into " + sql + " values (1, 2, 'a,b', 'n'), (2, 1, '\\\\', 'n')");
      rig.apply(2, "update " + sql + " set `Note` = 'changed'");
      rig.assertSame(table, "`Id's`");
      rig.apply(2, "delete from " + sql);
      assertThat(rig.target.number("select count(*) from " + sql)).isZero();
      assertThat(rig.published()).isEmpty();
      assertThat(rig.echoes()).isEqualTo(6);
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = EntityMode.class,
      names = {"MIRROR", "SHARED"})
  void keys_of_the_greatest_length_are_known_again(EntityMode mode) throws Exception {
    List<String> ddl =
        List.of("create table wide (k varbinary(3072) primary key, note varchar(9))");
    try (AppliedRig rig = new AppliedRig(flavour, mode, ddl, "wide")) {
      rig.apply(2, "insert into wide values (repeat('k', 3072), 'a'), (repeat('k', 3071), 'b')");
      rig.apply(2, "update wide set note = 'c'");
      rig.assertSame("wide", "k");
      assertThat(rig.published()).isEmpty();
      assertThat(rig.echoes()).isEqualTo(4);
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = EntityMode.class,
      names = {"MIRROR", "SHARED"})
  void what_triggers_write_elsewhere_is_published_and_what_they_do_before_to_the_row_is_not(
      EntityMode mode) throws Exception {
    try (AppliedRig rig = shop(mode)) {
      rig.target.execute(
          "create trigger stamp before insert on item for each row set new.note = concat(new.note, '!')",
          "create trigger gone after delete on item for each row insert into audit (what) values (old.id)",
          "create trigger kept after update on item for each row insert into audit (what) values (new.id)",
          "create trigger noted after insert on child for each row update parent set note = 'touched' where id = new.parent");
      rig.apply(1, "insert into item values (1, 'a')");
      assertThat(rig.target.value("select note from item")).isEqualTo("a!");
      assertThat(rig.published()).isEmpty();
      rig.apply(1, "delete from item");
      assertThat(rig.published()).containsExactly("CREATED audit 1 1");
      // one batch: the trigger changes a row that the batch itself applied (ADR 3)
      rig.apply(
          3, "insert into parent values (1, 'p'), (2, 'q')", "insert into child values (7, 1)");
      assertThat(rig.published()).containsExactly("UPDATED parent 1 1");
      assertThat(rig.echoes()).isEqualTo(3);
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = EntityMode.class,
      names = {"MIRROR", "SHARED"})
  void a_local_write_of_the_same_row_right_after_is_published(EntityMode mode) throws Exception {
    try (AppliedRig rig = shop(mode)) {
      rig.apply(1, "insert into item values (1, 'a')");
      rig.target.execute("update item set note = 'local' where id = 1");
      rig.apply(1, "insert into item values (2, 'b')");
      rig.target.execute("delete from item where id = 2");
      assertThat(rig.published()).containsExactly("UPDATED item 1 0", "DELETED item 2 0");
      assertThat(rig.echoes()).isEqualTo(2);
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = EntityMode.class,
      names = {"MIRROR", "SHARED"})
  void a_database_registered_after_the_applier_has_written_it_knows_what_was_applied(
      EntityMode mode) throws Exception {
    try (AppliedRig rig = new AppliedRig(flavour, mode, false, SHOP, TABLES)) {
      rig.apply(2, "insert into item values (1, 'a'), (2, 'b')");
      rig.target.execute("update item set note = 'before' where id = 2");
      rig.capture();
      rig.apply(2, "update item set note = 'x' where id = 1", "insert into item values (3, 'c')");
      rig.target.execute("update item set note = 'local' where id = 1");
      assertThat(rig.published()).containsExactly("UPDATED item 2 0", "UPDATED item 1 0");
      assertThat(rig.echoes()).isEqualTo(4);
      rig.apply(1, "delete from item where id = 2");
      rig.target.execute("insert into item values (4, 'local')");
      assertThat(rig.published()).containsExactly("CREATED item 4 0");
    }
  }

  @Test
  void a_database_that_is_not_registered_yet_is_refused_by_name() throws Exception {
    try (AppliedRig rig = new AppliedRig(flavour, EntityMode.SHARED, false, SHOP, TABLES)) {
      rig.target.execute("drop table millrace_registration");
      assertThatThrownBy(rig::start)
          .isInstanceOf(ConfigurationException.class)
          .hasMessageContaining("not registered as a log")
          .hasMessageContaining("run its pipeline once");
    }
  }

  @Test
  void an_applied_truncation_does_not_come_back_and_what_it_sets_off_does() throws Exception {
    try (AppliedRig rig = shop(EntityMode.MIRROR)) {
      rig.apply(2, "insert into item values (1, 'a'), (2, 'b')");
      rig.target.execute(
          "insert into item values (3, 'local')",
          "create trigger gone after delete on item for each row insert into audit (what) values (old.id)",
          "create trigger added after insert on child for each row insert into item values (new.id, 'local')");
      assertThat(rig.published()).containsExactly("CREATED item 3 0");
      rig.origin.execute("truncate table item", "insert into child values (7, null)");
      rig.publish(rig.made(2));
      rig.awaitApplied();
      assertThat(rig.target.number("select count(*) from item")).isEqualTo(1);
      assertThat(rig.published())
          .containsExactly(
              "CREATED audit 1 1", "CREATED audit 2 1", "CREATED audit 3 1", "CREATED item 7 1");
      assertThat(rig.echoes()).isEqualTo(4);
      rig.target.execute("truncate table item");
      assertThat(rig.published()).containsExactly("TRUNCATED item  0");
    }
  }
}
