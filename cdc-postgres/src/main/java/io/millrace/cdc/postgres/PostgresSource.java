package io.millrace.cdc.postgres;

import io.millrace.cdc.error.ConfigurationException;
import io.millrace.cdc.error.Finding;
import io.millrace.cdc.error.SourceException;
import io.millrace.cdc.event.Heartbeat;
import io.millrace.cdc.internal.Ambient;
import io.millrace.cdc.internal.Check;
import io.millrace.cdc.internal.Connections;
import io.millrace.cdc.outbox.CapturedStates;
import io.millrace.cdc.outbox.OutboxOptions;
import io.millrace.cdc.source.ReaderStart;
import io.millrace.cdc.source.Source;
import io.millrace.cdc.source.SourceReader;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * A PostgreSQL database (13 or newer) captured through a change log that triggers fill.
 *
 * <pre>{@code
 * var source = PostgresSource.builder(dataSource).service("billing")
 *     .capture("public.orders", t -> t.entity("order").ignoreWhenAlone("updated_at")).build();
 * source.changeLog().install();
 * }</pre>
 *
 * <p>Thread-safe; each reader it opens takes one connection for as long as it is open and is used
 * by one thread.
 */
public final class PostgresSource implements Source {
  private final DataSource dataSource;
  private final String service;
  private final List<CapturedTable> tables;
  private final Connections connections;
  private final Duration timeout;
  private final Duration longestIdle;
  private final Clock clock;
  private final LogRetention retention;
  private final Optional<CapturedStates> outbox;
  private final Set<PostgresReader> readers = ConcurrentHashMap.newKeySet();

  private PostgresSource(Builder builder) {
    this.dataSource = builder.dataSource;
    this.service = builder.service;
    this.tables = List.copyOf(builder.tables);
    this.connections = new Connections(builder.dataSource, builder.timeout);
    this.timeout = builder.timeout;
    this.longestIdle = builder.longestIdle;
    this.clock = builder.clock;
    this.retention = builder.retention;
    this.outbox =
        Optional.ofNullable(builder.outbox).map(o -> o.capturedStates(builder.entities()));
  }

  /**
   * Starts the configuration of a source.
   *
   * @param dataSource gives connections to the primary; each reader keeps one, so a pool must have
   *     room for it
   */
  public static Builder builder(DataSource dataSource) {
    return new Builder(Check.notNull(dataSource, "dataSource"));
  }

  /** The tables and triggers that this source reads from. */
  public PostgresChangeLog changeLog() {
    return new PostgresChangeLog(dataSource, service, tables);
  }

  /**
   * Where the application appends what this source publishes beside the captured tables. It refuses
   * states of entities that are captured; where the application has no source at hand, {@link
   * PostgresOutbox#create()} is the same without that.
   *
   * @throws IllegalStateException where the builder's {@link Builder#outbox()} was not called, so
   *     that nothing would be published
   */
  public PostgresOutbox outbox() {
    return new PostgresOutbox(CapturedStates.required(outbox, service), clock);
  }

  @Override
  public String service() {
    return service;
  }

  @Override
  public String describe() {
    return "PostgreSQL service '"
        + service
        + "' ("
        + Stream.concat(
                tables.stream().map(CapturedTable::name), outbox.stream().map(states -> "outbox"))
            .collect(Collectors.joining(", "))
        + ")";
  }

  @Override
  public List<Finding> preflight() {
    try (Connections.Lent lent = connections.take()) {
      return new Preflight(lent.connection(), service, tables).run();
    } catch (SQLException e) {
      throw Sql.failure(
          "Preflight of " + describe() + " at " + connections.describe() + " failed", e);
    }
  }

  @Override
  public SourceReader open(ReaderStart start) {
    try {
      ReaderSession session = ReaderSession.open(connections, timeout, start.pipeline());
      try {
        return open(start, session);
      } catch (SQLException | RuntimeException e) {
        session.close();
        throw e;
      }
    } catch (SQLException e) {
      throw Sql.failure(
          "The change log of " + describe() + " at " + connections.describe() + " cannot be opened",
          e);
    }
  }

  private SourceReader open(ReaderStart start, ReaderSession session) throws SQLException {
    LogQueries queries = new LogQueries(session.connection());
    LogOpening.Opened opened =
        new LogOpening(session, queries, clock, Ambient.random()).open(start);
    EventMaker events =
        new EventMaker(
            service,
            opened.position().log(),
            opened.epoch(),
            tables,
            table -> layout(session, table),
            outbox);
    TableWatch watch = new TableWatch(session.connection(), tables, events, session.pipeline());
    LogCursor cursor =
        new LogCursor(queries, session, opened.server(), opened.position(), opened.head(), events);
    PostgresReader reader =
        new PostgresReader(
            this, session, cursor, events, watch, new LogKeeper(retention), opened.epoch());
    readers.add(reader);
    return reader;
  }

  private static TableLayout layout(ReaderSession session, CapturedTable table) {
    try {
      Optional<TableLayout> layout =
          new Catalog(session.connection()).table(table.schema(), table.table());
      return layout.orElseThrow(
          () ->
              new SourceException(
                  "The captured table %s is gone while its changes are read. Give it that name again, or change the capture list."
                      .formatted(table.name())));
    } catch (SQLException e) {
      throw Sql.failure("The columns of " + table.name() + " cannot be read", e);
    }
  }

  @Override
  public boolean beat(Heartbeat heartbeat) {
    return HeartbeatRows.write(dataSource, heartbeat);
  }

  @Override
  public void wakeUp() {
    readers.forEach(PostgresReader::wakeUp);
  }

  void forget(PostgresReader reader) {
    readers.remove(reader);
  }

  /** Where the log is, for messages. */
  String address() {
    return connections.describe();
  }

  LogRetention retention() {
    return retention;
  }

  Duration longestIdle() {
    return longestIdle;
  }

  /** Configures a {@link PostgresSource}. Not safe for use by several threads. */
  public static final class Builder {
    private final DataSource dataSource;
    private final List<CapturedTable> tables = new ArrayList<>();
    private String service = "";
    private Duration timeout = Duration.ofMinutes(1);
    private Duration longestIdle = Duration.ofMillis(500);
    private Clock clock = Ambient.clock();
    private @Nullable OutboxOptions outbox;
    private LogRetention retention = LogRetention.keep(Duration.ofDays(1));

    private Builder(DataSource dataSource) {
      this.dataSource = dataSource;
    }

    /**
     * The tag of the application whose changes these are; required.
     *
     * @param service at most 55 letters, digits, {@code _}, {@code -} and {@code .}
     */
    public Builder service(String service) {
      Check.argument(
          service.matches("[A-Za-z0-9_.-]{1,55}"),
          "a service's tag has at most 55 letters, digits, '_', '-' and '.', not '%s'",
          service);
      this.service = service;
      return this;
    }

    /**
     * Captures a table with all its columns under its own name as entity; see {@link
     * #capture(String, Consumer)}.
     */
    public Builder capture(String table) {
      return capture(table, options -> {});
    }

    /**
     * Captures a table.
     *
     * @param table {@code schema.table}, spelled as the catalog has it; a name with a dot in it
     *     cannot be captured
     * @param options what to change about it
     */
    public Builder capture(String table, Consumer<TableOptions> options) {
      String[] parts = table.split("\\.", -1);
      Check.argument(
          parts.length == 2 && !parts[0].isBlank() && !parts[1].isBlank(),
          "a table is given as schema.table, not '%s'",
          table);
      TableOptions chosen = new TableOptions(parts[0], parts[1]);
      options.accept(chosen);
      tables.add(chosen.toTable());
      return this;
    }

    /**
     * Publishes what the application appends with {@link PostgresOutbox}, beside the captured
     * tables or alone. Default: nothing that is appended is published.
     */
    public Builder outbox() {
      return outbox(options -> options);
    }

    /** Publishes what the application appends, see {@link #outbox()}, with options. */
    public Builder outbox(UnaryOperator<OutboxOptions> options) {
      this.outbox = options.apply(new OutboxOptions());
      return this;
    }

    private List<String> entities() {
      return tables.stream().map(CapturedTable::entity).toList();
    }

    /**
     * How long the reader sleeps at most between two looks at an idle log, and four times as long
     * after a minute without a change; {@link Source#wakeUp()} ends the sleep. Default 500 ms.
     *
     * @param longestIdle 1 ms to 1 minute
     */
    public Builder longestIdle(Duration longestIdle) {
      Check.argument(
          longestIdle.toMillis() >= 1 && longestIdle.compareTo(Duration.ofMinutes(1)) <= 0,
          "the longest idle time is 1 ms to 1 minute, not %s",
          longestIdle);
      this.longestIdle = longestIdle;
      return this;
    }

    /**
     * How long to wait for a connection and for the answer to a query before the server counts as
     * away; 1 ms to 1 day, default 1 minute.
     */
    public Builder timeout(Duration timeout) {
      this.timeout = Connections.checkLimit(timeout);
      return this;
    }

    /**
     * How long the change log keeps what was logged. Default: a day at least, and until every
     * registered pipeline has read it, however long that takes.
     */
    public Builder retention(LogRetention retention) {
      this.retention = Check.notNull(retention, "retention");
      return this;
    }

    /**
     * The clock that epochs are made with and appended events are dated by; default the system's.
     */
    public Builder clock(Clock clock) {
      this.clock = Check.notNull(clock, "clock");
      return this;
    }

    /**
     * The source.
     *
     * @throws ConfigurationException with every problem found
     */
    public PostgresSource build() {
      List<String> problems = new ArrayList<>();
      if (service.isEmpty()) {
        problems.add("no service is named: call service(\"…\") with the tag of this application");
      }
      if (outbox != null) {
        problems.addAll(outbox.problems(entities()));
      } else if (tables.isEmpty()) {
        problems.add("no table is captured: call capture(\"schema.table\") or outbox()");
      }
      Set<String> names = new HashSet<>();
      Set<String> entities = new HashSet<>();
      for (CapturedTable table : tables) {
        if (!names.add(table.name())) {
          problems.add("table '" + table.name() + "' is captured twice: capture it once");
        }
        if (!entities.add(table.entity())) {
          problems.add(
              "entity '"
                  + table.entity()
                  + "' is named twice: give one of the tables another with entity(\"…\")");
        }
        table.excluded().stream()
            .filter(table.columns()::contains)
            .forEach(
                column ->
                    problems.add(
                        "column '"
                            + column
                            + "' of "
                            + table.name()
                            + " is both chosen and excluded: drop one"));
      }
      if (!problems.isEmpty()) {
        throw new ConfigurationException("PostgreSQL source '" + service + "'", problems);
      }
      return new PostgresSource(this);
    }
  }
}
