package io.millrace.examples.copy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.ServerKind;
import io.millrace.examples.monolith.Change;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The copy's judge must know what is to come, and be able to say no. */
@NeedsServer(ServerKind.MARIADB)
class CopyJudgeTest {
  private static final long LONGEST = TimeUnit.SECONDS.toNanos(OnlineComparison.MOST_SECONDS);

  private final Content content = new Content(new Random(7));

  @Test
  void a_row_that_enters_the_filter_is_created_and_one_that_leaves_is_deleted() {
    Map<String, @Nullable String> inside = customer("5", "DE");
    Map<String, @Nullable String> outside = with(inside, "country", "US");

    assertThat(CopiedTables.CUSTOMER.events(outside, inside))
        .extracting(Change::type, change -> change.fields().size())
        .containsExactly(tuple("CREATED", 11));
    assertThat(CopiedTables.CUSTOMER.events(inside, outside))
        .extracting(Change::type)
        .containsExactly("DELETED");
    assertThat(CopiedTables.CUSTOMER.events(outside, with(outside, "name", "x"))).isEmpty();
    assertThat(CopiedTables.CUSTOMER.events(outside, null)).isEmpty();
  }

  @Test
  void what_stays_at_home_is_no_change_and_a_disguised_value_is_one() {
    Map<String, @Nullable String> before = customer("5", "DE");

    assertThat(CopiedTables.CUSTOMER.events(before, with(before, "password", "x"))).isEmpty();
    Change card = CopiedTables.CUSTOMER.events(before, with(before, "card", "4001")).get(0);
    assertThat(card.fields()).isEqualTo(Map.of("card", "***"));
    Change mail = CopiedTables.CUSTOMER.events(before, with(before, "email", "a@b")).get(0);
    assertThat(mail.fields().get("email")).hasSize(64);
  }

  @Test
  void another_key_is_a_deleted_row_and_a_created_one() {
    Map<String, @Nullable String> before = customer("5", "DE");

    assertThat(CopiedTables.CUSTOMER.events(before, with(before, "id", "6")))
        .extracting(Change::type, Change::id)
        .containsExactly(tuple("DELETED", "5"), tuple("CREATED", "6"));
    assertThat(CopiedTables.CUSTOMER.events(before, with(with(before, "id", "6"), "country", "CH")))
        .extracting(Change::type)
        .containsExactly("DELETED");
  }

  @Test
  void rows_that_nobody_copied_differ_and_touched_ones_of_the_target_are_named() throws Exception {
    try (Databases databases = Databases.start("mariadb")) {
      databases.create(1);
      Resident resident = new Resident(databases, 1);

      List<String> differences = Comparison.of(databases).differences();
      assertThat(differences).anyMatch(row -> row.endsWith("target null")); // lacks some
      assertThat(differences).anyMatch(row -> row.contains("target {")); // older states
      assertThat(differences).hasSizeLessThan(4 * 40);
      assertThat(resident.differences()).isEmpty();

      databases.target().execute("UPDATE client SET score = 5 WHERE client_no = 203");
      databases.target().execute("UPDATE client SET name = 'x' WHERE client_no = 900002");
      databases.target().execute("INSERT INTO stock VALUES (77, 'x', 1, null)");
      assertThat(resident.differences())
          .hasSize(2)
          .anyMatch(line -> line.startsWith("score of client 203: left as -1, is 5"));
      assertThat(Comparison.of(databases).differences())
          .hasSize(differences.size() + 1)
          .anyMatch(row -> row.startsWith("stock/77,x: copied source null"));
    }
  }

  @Test
  void a_row_that_differs_for_too_long_is_named_also_when_it_is_mended_later() {
    OnlineComparison online = new OnlineComparison(() -> rows("new", "old"));

    online.round(rows("new", "old"), 0);
    online.round(rows("new", "old"), LONGEST);
    assertThat(online.differences()).isEmpty();
    online.round(rows("new", "old"), LONGEST + 1);
    online.round(rows("new", "new"), LONGEST + 2);
    assertThat(online.differences()).hasSize(1);
    assertThat(online.underWay()).isZero();
  }

  @Test
  void a_row_whose_source_goes_on_changing_is_under_way() {
    OnlineComparison online = new OnlineComparison(() -> rows("1", "0"));

    online.round(rows("1", "0"), 0);
    online.round(rows("2", "1"), LONGEST);
    online.round(rows("3", "2"), 2 * LONGEST);
    assertThat(online.differences()).isEmpty();
    assertThat(online.underWay()).isEqualTo(1);
  }

  private static Comparison rows(String expected, String found) {
    return new Comparison(
        Map.of("order", Map.of("1", Map.of("note", expected))),
        Map.of("order", Map.of("1", Map.of("note", found))));
  }

  private Map<String, @Nullable String> customer(String id, String country) {
    return content.row(CopiedTables.CUSTOMER, Map.of("id", id, "country", country, "card", "1"));
  }

  private static Map<String, @Nullable String> with(
      Map<String, @Nullable String> row, String field, String value) {
    Map<String, @Nullable String> changed = new HashMap<>(row);
    changed.put(field, value);
    return changed;
  }
}
