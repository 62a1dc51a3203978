package io.millrace.examples.network;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.testkit.ServerKind;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Every state that a row of the target ever had, noted by triggers of the target. */
final class History {
  private History() {}

  static void install(Database target) {
    if (target.server().kind() == ServerKind.POSTGRES) {
      target.execute(
          "create table history (seq bigint generated always as identity primary key, id int, n int)",
          "create function note() returns trigger language plpgsql as"
              + " 'begin insert into history (id, n) values (new.id, new.n); return null; end'",
          "create trigger note after insert or update on orders for each row execute function note()");
      return;
    }
    target.execute(
        "create table history (seq bigint auto_increment primary key, id int, n int)",
        "create trigger note_insert after insert on orders for each row"
            + " insert into history (id, n) values (new.id, new.n)",
        "create trigger note_update after update on orders for each row"
            + " insert into history (id, n) values (new.id, new.n)");
  }

  /** No row ever went back, and none was written twice. */
  static void check(Database target) {
    Map<Object, Integer> last = new HashMap<>();
    for (List<Object> row : target.query("select id, n from history order by seq")) {
      int n = ((Number) row.get(1)).intValue();
      Integer before = last.put(row.get(0), n);
      assertThat(before == null ? 0 : before).as("row %s before %s", row.get(0), n).isLessThan(n);
    }
  }
}
