package io.millrace.cdc.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cdc.apply.EntityMode;
import java.util.List;
import org.junit.jupiter.api.Test;

final class PostgresMirrorAppliedTest extends PostgresAppliedContract {
  PostgresMirrorAppliedTest() {
    super(EntityMode.MIRROR);
  }

  @Test
  void an_applied_truncation_does_not_come_back_and_what_it_takes_along_does() throws Exception {
    try (AppliedRig rig = shop()) {
      rig.apply(
          3, "insert into parent values (1, 'p'), (2, 'q')", "insert into item values (1, 'a')");
      rig.target.execute(
          "insert into child values (7, 1)", "insert into parent values (3, 'local')");
      assertThat(rig.published()).containsExactly("CREATED child 7 0", "CREATED parent 3 0");
      rig.origin.execute("truncate parent cascade");
      rig.publish(rig.made(2).stream().filter(event -> event.entity().equals("parent")).toList());
      rig.awaitApplied();
      assertThat(rig.target.number("select count(*) from parent")).isZero();
      assertThat(rig.published()).containsExactly("DELETED child 7 1");
      assertThat(rig.echoes()).isEqualTo(3);
    }
  }

  @Test
  void a_mark_of_a_whole_table_ends_with_the_next_mark() throws Exception {
    try (AppliedRig rig = shop()) {
      rig.apply(2, "insert into item values (1, 'a'), (2, 'b')");
      assertThat(rig.published()).isEmpty();
      trigger(
          rig, "after insert", "child", "insert into item values (new.id, 'local'); return null;");
      rig.origin.execute("truncate item", "insert into child values (7, null)");
      rig.publish(rig.made(2));
      rig.awaitApplied();
      rig.target.execute("update item set note = 'later'");
      assertThat(rig.published()).containsExactly("CREATED item 7 1", "UPDATED item 7 0");
    }
  }

  @Test
  void a_local_truncation_is_published() throws Exception {
    try (AppliedRig rig = shop()) {
      rig.apply(1, "insert into item values (1, 'a')");
      rig.target.execute("truncate item");
      assertThat(rig.published()).containsExactly("TRUNCATED item  0");
    }
  }

  /** In the first database only where asked for. */
  private static AppliedRig sales(boolean bothPartitioned) throws Exception {
    String partitioned =
        "create table sale (region text, id int, v text, primary key (region, id)) partition by list (region);"
            + " create table sale_eu partition of sale for values in ('eu');"
            + " create table sale_us partition of sale for values in ('us');";
    String plain = "create table sale (region text, id int, v text, primary key (region, id));";
    String ddl =
        "do $$ begin if current_database() like 'origin%' then "
            + (bothPartitioned ? partitioned : plain)
            + " else "
            + partitioned
            + " alter table sale add column here text; end if; end $$";
    AppliedRig rig = new AppliedRig(EntityMode.MIRROR, List.of(ddl), "sale");
    rig.apply(1, "insert into sale values ('eu', 1, 'a')");
    rig.target.execute("update sale set here = 'kept'");
    assertThat(rig.published()).containsExactly("UPDATED sale eu,1 0");
    return rig;
  }

  @Test
  void a_key_change_that_moves_the_row_to_another_partition_does_not_come_back() throws Exception {
    try (AppliedRig rig = sales(false)) {
      rig.apply(2, "update sale set region = 'us', v = 'b'");
      assertThat(rig.target.query("select region, id, v, here from sale"))
          .usingRecursiveComparison()
          .isEqualTo(rig.target.query("select 'us', 1, 'b', 'kept'"));
      assertThat(rig.published()).isEmpty();
    }
  }

  @Test
  void a_row_that_moves_between_partitions_of_the_source_is_another_row_for_the_target()
      throws Exception {
    try (AppliedRig rig = sales(true)) {
      rig.apply(2, "update sale set region = 'us', v = 'b'");
      // Nothing tells the two events from a row that went and another that came.
      assertThat(rig.target.query("select region, id, v, here from sale"))
          .usingRecursiveComparison()
          .isEqualTo(rig.target.query("select 'us', 1, 'b', null"));
      assertThat(rig.published()).isEmpty();
    }
  }
}
