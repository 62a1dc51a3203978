package io.millrace.cdc.mysql;

import io.millrace.cdc.error.ConfigurationException;
import io.millrace.cdc.error.Finding;
import io.millrace.cdc.event.Heartbeat;
import io.millrace.cdc.internal.Ambient;
import io.millrace.cdc.internal.Check;
import io.millrace.cdc.internal.Connections;
import io.millrace.cdc.outbox.CapturedStates;
import io.millrace.cdc.outbox.OutboxOptions;
import io.millrace.cdc.source.ReaderStart;
import io.millrace.cdc.source.Secret;
import io.millrace.cdc.source.Source;
import io.millrace.cdc.source.SourceReader;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.UnaryOperator;
import java.util.random.RandomGenerator;
import javax.net.ssl.SSLContext;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Captures tables of a MySQL (8 and later) or MariaDB (10.10 and later) server from its binary log,
 * by GTID where there are any, else by place. Immutable; safe for use by several threads.
 *
 * <p>Two connections are needed: SQL over the user's data source, for preflight and look-ups, and
 * the replication protocol with host, user and password. The server must log whole rows: {@code
 * binlog_format=ROW}, {@code binlog_row_image=FULL}, {@code binlog_row_metadata=FULL}; {@link
 * #preflight()} says what is missing. Memory: about 16 MB for events under way, and what {@link
 * Builder#transactionMemory} allows for one open transaction; a larger one goes to a temporary
 * file.
 */
public final class MySqlSource implements Source {
  private final SourceSettings settings;

  /** Readers to wake up; one that its pipeline forgot to close goes by itself. */
  private final Set<MySqlReader> readers =
      Collections.synchronizedSet(Collections.newSetFromMap(new WeakHashMap<>()));

  private MySqlSource(SourceSettings settings) {
    this.settings = settings;
  }

  /**
   * A builder.
   *
   * @param dataSource connections to the same server, of any driver; its user needs {@code select}
   *     on the captured tables, and to write {@code millrace_registration} unless the log is named
   */
  public static Builder builder(DataSource dataSource) {
    return new Builder(Check.notNull(dataSource, "dataSource"));
  }

  @Override
  public String service() {
    return settings.service();
  }

  @Override
  public String describe() {
    return settings.servers().describe() + " (" + settings.tables().describe() + ")";
  }

  /** The table that names this log; install it once. */
  public MySqlRegistration registration() {
    return new MySqlRegistration(settings);
  }

  /**
   * Where the application appends what this source publishes beside the captured tables. It refuses
   * states of entities that are captured; where the application has no source at hand, {@link
   * MySqlOutbox#in} is the same without that.
   *
   * @throws IllegalStateException where the builder's {@link Builder#outbox()} was not called, so
   *     that nothing would be published
   */
  public MySqlOutbox outbox() {
    return new MySqlOutbox(
        settings.registrationDatabase(),
        CapturedStates.required(settings.outbox(), service()),
        settings.clock());
  }

  @Override
  public List<Finding> preflight() {
    return new MySqlPreflight(settings).run();
  }

  @Override
  public SourceReader open(ReaderStart start) {
    MySqlReader reader = new ServerTurns(settings).open(start);
    readers.add(reader);
    return reader;
  }

  @Override
  public boolean beat(Heartbeat heartbeat) {
    return new HeartbeatTable(settings.at(settings.servers().first())).write(heartbeat);
  }

  /** {@code host:port} of the server whose log was opened last; empty before the first time. */
  public Optional<String> readFrom() {
    return settings.servers().read().map(SourceServer::place);
  }

  @Override
  public void wakeUp() {
    synchronized (readers) {
      readers.forEach(MySqlReader::wakeUp);
    }
  }

  @Override
  public String toString() {
    return describe()
        + (settings.servers().areSeveral()
            ? readFrom().map(server -> ", reads " + server).orElse(", reads none yet")
            : "");
  }

  /**
   * Collects what a source needs; {@link #build()} names everything that is missing. Not
   * thread-safe.
   */
  public static final class Builder {
    private static final int DEFAULT_PORT = 3306;
    private static final long HIGHEST_SERVER_ID = (1L << 32) - 1;
    private static final long DEFAULT_TRANSACTION_MEMORY = 64L << 20;

    /** What ledgers have room for. */
    private static final int LONGEST_LOG = 64;

    /** A log's name is the tag, a hyphen and eight digits. */
    private static final int LONGEST_SERVICE = 55;

    private static final Set<String> LOOPBACK =
        Set.of("localhost", "127.0.0.1", "::1", "0:0:0:0:0:0:0:1");

    private final DataSource dataSource;
    private final List<CapturedTable> tables = new ArrayList<>();
    private final List<TablePattern> patterns = new ArrayList<>();
    private final List<TablePattern> excluded = new ArrayList<>();
    private String host = "";
    private int port = DEFAULT_PORT;
    private String user = "";
    private @Nullable Secret password;
    private @Nullable SslMode sslMode;
    private @Nullable SSLContext sslContext;
    private String service = "";
    private @Nullable String log;
    private @Nullable OutboxOptions outbox;
    private @Nullable String registrationDatabase;
    private final List<Fallback> fallbacks = new ArrayList<>();
    private boolean minimalMetadata;
    private OptionalLong serverId = OptionalLong.empty();
    private Duration timeout = Duration.ofSeconds(30);
    private long transactionMemory = DEFAULT_TRANSACTION_MEMORY;
    private Clock clock = Ambient.clock();
    private RandomGenerator random = Ambient.random();

    private Builder(DataSource dataSource) {
      this.dataSource = dataSource;
    }

    /** Host name or address of the server; required. */
    public Builder host(String name) {
      host = Check.notBlank(name, "host");
      return this;
    }

    /** TCP port, 1 to 65535; default 3306. */
    public Builder port(int number) {
      Check.argument(number >= 1 && number <= 65535, "port must be 1 to 65535, got %s", number);
      port = number;
      return this;
    }

    /**
     * Another server that holds the same log, a replica or the server that this one replicates
     * from. Where a server cannot be reached, or does not hold the saved position, the next one is
     * tried, in the order in which they were named, beginning with the one read last. All need
     * GTIDs and the same user and password. Heartbeats and the registration are written to the
     * first that is neither read-only nor a replica.
     *
     * @param name host name or address
     * @param number TCP port, 1 to 65535
     * @param connections SQL connections to that server and to no other
     */
    public Builder fallback(String name, int number, DataSource connections) {
      Check.argument(number >= 1 && number <= 65535, "port must be 1 to 65535, got %s", number);
      fallbacks.add(
          new Fallback(
              Check.notBlank(name, "host"), number, Check.notNull(connections, "dataSource")));
      return this;
    }

    private record Fallback(String host, int port, DataSource dataSource) {}

    private List<SourceServer> servers() {
      List<SourceServer> servers = new ArrayList<>();
      servers.add(server(new Fallback(host, port, dataSource)));
      fallbacks.forEach(fallback -> servers.add(server(fallback)));
      return servers;
    }

    private SourceServer server(Fallback one) {
      SslMode mode =
          Optional.ofNullable(sslMode)
              .orElse(LOOPBACK.contains(one.host) ? SslMode.PLAINTEXT : SslMode.VERIFY_IDENTITY);
      return new SourceServer(
          one.host, one.port, new Connections(one.dataSource, timeout), mode, new AtomicBoolean());
    }

    /**
     * Who reads the binary log; required. Needs {@code REPLICATION SLAVE}, and {@code REPLICATION
     * CLIENT} or MariaDB's {@code BINLOG MONITOR}.
     */
    public Builder user(String name) {
      user = Check.notBlank(name, "user");
      return this;
    }

    /** The user's password; required, may be empty. */
    public Builder password(Secret secret) {
      password = Check.notNull(secret, "password");
      return this;
    }

    /**
     * How the connection that reads the log is protected. Default {@link SslMode#VERIFY_IDENTITY};
     * on the loopback interface {@link SslMode#PLAINTEXT}.
     */
    public Builder sslMode(SslMode mode) {
      sslMode = Check.notNull(mode, "sslMode");
      return this;
    }

    /** Whom to trust and as whom to appear; default the JVM's. */
    public Builder sslContext(SSLContext context) {
      sslContext = Check.notNull(context, "sslContext");
      return this;
    }

    /** Tag of the application whose database this is; required, at most 55 bytes of UTF-8. */
    public Builder service(String tag) {
      service = Check.notBlank(tag, "service");
      Check.argument(
          tag.getBytes(StandardCharsets.UTF_8).length <= LONGEST_SERVICE,
          "service must have at most 55 bytes of UTF-8, got '%s'",
          tag);
      return this;
    }

    /** Captures a table, {@code database.table} as the server spells it, under its own name. */
    public Builder capture(String table) {
      return capture(table, options -> options);
    }

    /**
     * Captures a table, {@code database.table} as the server spells it, or all tables that a
     * pattern matches, also those made later; at least one is required. {@code *} in a pattern
     * stands for anything: {@code shop.*}, {@code tenant_*.order*}. A table that is captured by
     * name is not touched by patterns, and the first pattern that matches a table counts. Never
     * matched are the server's own databases and this library's tables.
     */
    public Builder capture(String table, UnaryOperator<TableOptions> options) {
      TableOptions chosen = options.apply(new TableOptions(Check.notBlank(table, "table")));
      if (TablePattern.isPattern(table)) {
        patterns.add(TablePattern.of(table, chosen));
      } else {
        tables.add(chosen.toTable());
      }
      return this;
    }

    /**
     * Tables that no pattern captures, {@code database.table}, {@code *} for anything in either
     * part.
     */
    public Builder exclude(String... names) {
      for (String name : names) {
        Check.notBlank(name, "table");
        excluded.add(TablePattern.of(name, new TableOptions(name)));
      }
      return this;
    }

    /**
     * Publishes what the application appends with {@link MySqlOutbox}, beside the captured tables
     * or alone; its table lies in the {@link #registrationDatabase}. Default: nothing that is
     * appended is published.
     */
    public Builder outbox() {
      return outbox(options -> options);
    }

    /** Publishes what the application appends, see {@link #outbox()}, with options. */
    public Builder outbox(UnaryOperator<OutboxOptions> options) {
      outbox = options.apply(new OutboxOptions());
      return this;
    }

    /**
     * Reads tables that are logged without their columns' names, signs and labels as well: {@code
     * binlog_row_metadata} MINIMAL or MariaDB's NO_LOG. The names come from the catalog then, and a
     * change of a table's definition that overtakes the reader is an error, since nobody can tell
     * what its older rows mean. Default: such tables are refused. Better set it to FULL.
     */
    public Builder acceptMinimalMetadata() {
      minimalMetadata = true;
      return this;
    }

    private List<String> entities() {
      return tables.stream().map(CapturedTable::entity).toList();
    }

    private CaptureList list(List<CapturedTable> named) {
      return new CaptureList(named, patterns, excluded);
    }

    /** The captured tables, and the outbox as one more. */
    private CaptureList read(String database) {
      List<CapturedTable> read = new ArrayList<>(tables);
      if (outbox != null) {
        read.add(OutboxTable.in(database));
      }
      return list(read);
    }

    /**
     * The log's name, for a user that may not write {@code millrace_registration}: unique among all
     * services, and never given to another database. Default: what the registration says.
     */
    public Builder log(String name) {
      log = Check.notBlank(name, "log");
      Check.argument(
          name.getBytes(StandardCharsets.UTF_8).length <= LONGEST_LOG,
          "a log's name has at most 64 bytes of UTF-8, got '%s'",
          name);
      return this;
    }

    /**
     * Where {@code millrace_registration} and {@code millrace_outbox} lie; default the first
     * captured table's database.
     */
    public Builder registrationDatabase(String database) {
      registrationDatabase = Check.notBlank(database, "registrationDatabase");
      return this;
    }

    /**
     * The id under which the reader appears among the server's replicas, 1 to 2^32 - 1 and unlike
     * that of any server or replica. Default: random, at least 2^31, drawn at every connect.
     */
    public Builder serverId(long id) {
      Check.argument(
          id >= 1 && id <= HIGHEST_SERVER_ID, "serverId must be 1 to 4294967295, got %s", id);
      serverId = OptionalLong.of(id);
      return this;
    }

    /**
     * How long to wait for a connection and for the answer to a query before the server counts as
     * away; 1 ms to 1 day, default 30 s. The connection that reads the log is given up after half
     * of it without a sign of life, of which the server is asked for five in that time.
     */
    public Builder timeout(Duration limit) {
      timeout = Connections.checkLimit(limit);
      return this;
    }

    /**
     * How many bytes of one transaction are kept in memory until its commit is read; the rest goes
     * to a file in {@code java.io.tmpdir}. Default 64 MiB.
     */
    public Builder transactionMemory(long bytes) {
      Check.argument(bytes >= 1, "transactionMemory must be at least 1 byte, got %s", bytes);
      transactionMemory = bytes;
      return this;
    }

    /**
     * For tests: the clock that tells epochs, lags and appended events' times; default the
     * system's.
     */
    public Builder clock(Clock source) {
      clock = Check.notNull(source, "clock");
      return this;
    }

    /** For tests: where names and ids are drawn from; default a random one. */
    public Builder random(RandomGenerator source) {
      random = Check.notNull(source, "random");
      return this;
    }

    /**
     * The source.
     *
     * @throws ConfigurationException naming everything that is missing or does not fit together
     */
    public MySqlSource build() {
      List<String> problems = problems();
      if (!problems.isEmpty()) {
        throw new ConfigurationException("MySQL source of service '" + service + "'", problems);
      }
      String database =
          registrationDatabase != null
              ? registrationDatabase
              : list(tables).firstDatabase().orElseThrow();
      List<SourceServer> servers = servers();
      return new MySqlSource(
          new SourceSettings(
              new SourceServers(servers, timeout),
              servers.get(0),
              timeout,
              user,
              Check.notNull(password, "password"),
              sslContext,
              service,
              read(database),
              minimalMetadata,
              Optional.ofNullable(log),
              database,
              serverId,
              transactionMemory,
              clock,
              random,
              Optional.ofNullable(outbox).map(o -> o.capturedStates(entities()))));
    }

    private List<String> problems() {
      List<String> problems = new ArrayList<>();
      require(problems, host.isEmpty(), "host is missing: call host(…)");
      require(problems, user.isEmpty(), "user is missing: call user(…)");
      require(problems, password == null, "password is missing: call password(Secret.of(…))");
      require(problems, service.isEmpty(), "service is missing: call service(…)");
      require(
          problems,
          !patterns.isEmpty()
              && registrationDatabase == null
              && list(tables).firstDatabase().isEmpty(),
          "the patterns name no database, so say where the registration lies: call"
              + " registrationDatabase(…)");
      boolean nothing = tables.isEmpty() && patterns.isEmpty();
      if (outbox == null) {
        require(
            problems, nothing, "nothing is captured: call capture(\"database.table\") or outbox()");
      } else {
        require(
            problems,
            nothing && registrationDatabase == null,
            "nothing is captured, so say where the outbox lies: call registrationDatabase(…)");
        if (patterns.isEmpty()) {
          problems.addAll(outbox.problems(entities()));
        }
      }
      require(
          problems,
          sslMode == SslMode.PLAINTEXT && sslContext != null,
          "sslContext is given, but sslMode is PLAINTEXT: drop one of them");
      Set<String> places = new HashSet<>(Set.of(host + ":" + port));
      Set<DataSource> sources = Collections.newSetFromMap(new IdentityHashMap<>());
      sources.add(dataSource);
      for (Fallback fallback : fallbacks) {
        String place = fallback.host + ":" + fallback.port;
        require(problems, !places.add(place), "server " + place + " is named twice");
        require(
            problems,
            !sources.add(fallback.dataSource),
            "server " + place + " has another server's data source: give each its own");
      }
      problems.addAll(list(tables).problems());
      return problems;
    }

    private static void require(List<String> problems, boolean wrong, String problem) {
      if (wrong) {
        problems.add(problem);
      }
    }
  }
}
