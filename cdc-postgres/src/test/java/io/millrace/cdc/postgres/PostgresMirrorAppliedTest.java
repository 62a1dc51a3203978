package io.millrace.cdc.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cdc.apply.EntityMode;
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
}
