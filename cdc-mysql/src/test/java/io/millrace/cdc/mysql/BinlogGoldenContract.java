package io.millrace.cdc.mysql;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.testkit.Database;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.StringJoiner;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.assertj.core.api.SoftAssertions;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * SQL in, events out: the files under {@code golden}, read by both flavours.
 *
 * <pre>
 * -- a title                 begins a case; [mysql] or [mariadb] behind it keep it to one flavour
 * insert into t values (1);  statements of one session, each ending in a semicolon at a line's end
 * => CREATED t 1 {…}         the events that come of them, in order
 * =mysql> …   =mariadb> …    an event of one flavour only: a declared difference
 * </pre>
 *
 * <p>Every table that a file creates is captured. Values stand with their kind.
 */
abstract class BinlogGoldenContract {
  private static final List<String> FILES = List.of("types", "text", "statements", "tables");
  private static final Pattern TABLE =
      Pattern.compile("^create table (\\w+)", Pattern.CASE_INSENSITIVE | Pattern.MULTILINE);
  private static final Pattern ONLY = Pattern.compile("\\[(mysql|mariadb)]$");
  private static final String END = "golden_end";

  private final TestFlavour flavour;

  BinlogGoldenContract(TestFlavour flavour) {
    this.flavour = flavour;
  }

  /** One case of a file. */
  private record Case(String title, List<String> statements, List<String> expected) {}

  @TestFactory
  Stream<DynamicTest> events_are_as_the_files_say() {
    return FILES.stream().map(file -> DynamicTest.dynamicTest(file, () -> check(file)));
  }

  private void check(String file) throws Exception {
    String text = read(file);
    Database database = flavour.shared().createDatabase("golden");
    MySqlSource.Builder builder =
        TestFlavour.builder(database).capture(database.name() + "." + END);
    Matcher tables = TABLE.matcher(text);
    TreeSet<String> names = new TreeSet<>();
    while (tables.find()) {
      names.add(tables.group(1));
    }
    names.forEach(name -> builder.capture(database.name() + "." + name));
    MySqlSource source = builder.build();
    database.execute("create table " + END + " (id int primary key)");
    source.registration().install();
    SoftAssertions all = new SoftAssertions();
    try (Reading reading = Reading.start(source)) {
      int number = 0;
      for (Case one : cases(text)) {
        List<String> events = run(database, reading, one, ++number);
        all.assertThat(events).as(file + ": " + one.title).isEqualTo(one.expected);
      }
    }
    all.assertAll();
    database.drop();
  }

  private static List<String> run(Database database, Reading reading, Case one, int number)
      throws Exception {
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement()) {
      statement.execute("set names utf8mb4");
      statement.execute("set sql_mode = ''");
      statement.execute("set time_zone = '+00:00'");
      for (String sql : one.statements) {
        statement.execute(sql);
      }
    }
    database.execute("insert into " + END + " values (" + number + ")");
    List<String> events = new ArrayList<>();
    long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
    while (true) {
      assertThat(System.nanoTime()).as(one.title).isLessThan(deadline);
      for (ChangeEvent event : reading.poll()) {
        if (event.entity().equals(END)) {
          assertThat(event.id()).isEqualTo(Integer.toString(number));
          return events;
        }
        events.add(print(event));
      }
    }
  }

  private List<Case> cases(String text) {
    String own = flavour.name().toLowerCase(Locale.ROOT);
    List<Case> cases = new ArrayList<>();
    Case current = null;
    StringBuilder sql = new StringBuilder();
    for (String line : text.split("\n", -1)) {
      if (line.startsWith("-- ")) {
        Matcher only = ONLY.matcher(line);
        current = new Case(line.substring(3), new ArrayList<>(), new ArrayList<>());
        if (!only.find() || only.group(1).equals(own)) {
          cases.add(current);
        }
      } else if (line.startsWith("=> ") || line.startsWith("=" + own + "> ")) {
        Objects.requireNonNull(current).expected.add(line.substring(line.indexOf('>') + 2));
      } else if (!line.startsWith("=mysql>") && !line.startsWith("=mariadb>") && !line.isBlank()) {
        sql.append(sql.isEmpty() ? "" : "\n").append(line.strip());
        if (line.endsWith(";")) {
          Objects.requireNonNull(current).statements.add(sql.substring(0, sql.length() - 1));
          sql.setLength(0);
        }
      }
    }
    return cases;
  }

  private static String print(ChangeEvent event) {
    StringJoiner line = new StringJoiner(" ");
    line.add(event.type().toString()).add(event.entity()).add(event.id());
    if (event.previousKey() != null) {
      line.add("previous " + row(event.previousKey()));
    }
    if (event.newValue() != null) {
      line.add(row(event.newValue()));
    }
    if (event.oldValue() != null) {
      line.add("was " + row(event.oldValue()));
    }
    if (event.type() == io.millrace.cdc.event.ChangeType.UPDATED) {
      line.add("changed " + event.changedFields());
    }
    return line.toString().strip();
  }

  private static String row(@Nullable Row row) {
    Row shown = Objects.requireNonNull(row);
    StringJoiner fields = new StringJoiner(", ", "{", shown.partial() ? ", …}" : "}");
    for (int i = 0; i < shown.size(); i++) {
      String value =
          shown.value(i).isNull()
              ? "null"
              : shown.value(i).kind().name().toLowerCase(Locale.ROOT) + " " + shown.value(i);
      fields.add(shown.name(i) + "=" + value.replace("\n", "\\n"));
    }
    return fields.toString();
  }

  private static String read(String file) throws IOException {
    String path = "/golden/" + file + ".sql";
    try (InputStream in = BinlogGoldenContract.class.getResourceAsStream(path)) {
      return new String(Objects.requireNonNull(in, path).readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
