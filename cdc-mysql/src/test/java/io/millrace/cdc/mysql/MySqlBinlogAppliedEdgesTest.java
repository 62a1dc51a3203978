package io.millrace.cdc.mysql;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cdc.apply.EntityMode;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.ServerKind;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@NeedsServer(ServerKind.MYSQL)
class MySqlBinlogAppliedEdgesTest extends BinlogAppliedEdgesContract {
  MySqlBinlogAppliedEdgesTest() {
    super(TestFlavour.MYSQL);
  }

  /** MySQL since 9.6 logs them; MariaDB does not, and preflight refuses them there. */
  @ParameterizedTest
  @EnumSource(
      value = EntityMode.class,
      names = {"MIRROR", "SHARED"})
  void rows_that_go_or_change_with_an_applied_delete_are_published_and_the_delete_is_not(
      EntityMode mode) throws Exception {
    List<String> ddl =
        List.of(
            "create table parent (id int primary key, note varchar(50))",
            "create table child (id int primary key, parent int, foreign key (parent) references"
                + " parent (id) on delete cascade)",
            "create table friend (id int primary key, parent int, foreign key (parent) references"
                + " parent (id) on delete set null)");
    try (AppliedRig rig =
        new AppliedRig(TestFlavour.MYSQL, mode, ddl, "parent", "child", "friend")) {
      rig.apply(
          5,
          "insert into parent values (1, 'p'), (2, 'q')",
          "insert into child values (7, 1), (8, 1)",
          "insert into friend values (9, 1)");
      // Only here: they are no part of what the origin tells.
      rig.target.execute("insert into child values (10, 1), (11, 2)");
      assertThat(rig.published()).containsExactly("CREATED child 10 0", "CREATED child 11 0");
      rig.origin.execute("delete from parent where id = 1");
      List<ChangeEvent> all = rig.made(4);
      assertThat(all.stream().map(ChangeEvent::entity))
          .containsExactlyInAnyOrder("child", "child", "friend", "parent");
      rig.publish(all.stream().filter(event -> event.entity().equals("parent")).toList());
      rig.awaitApplied();
      assertThat(rig.published())
          .containsExactlyInAnyOrder(
              "DELETED child 7 1", "DELETED child 8 1", "DELETED child 10 1", "UPDATED friend 9 1");
      assertThat(rig.echoes()).isEqualTo(1);
      rig.publish(all.stream().filter(event -> !event.entity().equals("parent")).toList());
      rig.awaitApplied();
      assertThat(rig.published()).isEmpty();
      rig.assertSame("parent", "id");
      rig.assertSame("friend", "id");
      assertThat(rig.target.number("select count(*) from child")).isEqualTo(1);
    }
  }
}
