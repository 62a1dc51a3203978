package io.millrace.cdc.apply.jdbc;

import io.millrace.cdc.apply.EntityMode;
import io.millrace.cdc.apply.Nesting;
import io.millrace.cdc.apply.Target;
import io.millrace.cdc.apply.TargetSession;
import io.millrace.cdc.error.ConfigurationException;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.internal.Check;
import io.millrace.cdc.internal.Connections;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** Tables of an SQL database, over the user's data source. Immutable. */
public final class JdbcTarget implements Target {
  private final Connections connections;
  private final Duration timeout;
  private final SqlDialect dialect;
  private final Map<String, EntityMapping> mappings;
  private final List<Nesting> nestings;

  private JdbcTarget(Builder builder) {
    this.connections = new Connections(builder.dataSource, builder.timeout);
    this.timeout = builder.timeout;
    this.dialect = builder.dialect;
    this.mappings = Map.copyOf(builder.mappings);
    this.nestings = List.copyOf(builder.nestings);
  }

  /** A builder; the adapters' targets call this with their dialect. */
  public static Builder builder(DataSource dataSource, SqlDialect dialect) {
    return new Builder(dataSource, dialect);
  }

  @Override
  public String describe() {
    return dialect.name() + " at " + connections.describe() + " " + mappings.keySet();
  }

  @Override
  public @Nullable EntityMode mode(String entity) {
    EntityMapping mapping = mappings.get(entity);
    return mapping == null ? null : mapping.mode();
  }

  @Override
  public List<String> ddl() {
    return dialect.ddl();
  }

  @Override
  public TargetSession open(String applier) {
    return JdbcSession.open(applier, connections, timeout, dialect, mappings, nestings);
  }

  /** Collects mappings. Not safe for use by several threads. */
  public static final class Builder {
    private static final int MAX_ENTITY_BYTES = 128;

    private final DataSource dataSource;
    private final SqlDialect dialect;
    private final Map<String, EntityMapping> mappings = new LinkedHashMap<>();
    private final List<Nesting> nestings = new ArrayList<>();
    private final List<String> problems = new ArrayList<>();
    private Duration timeout = Duration.ofMinutes(2);

    private Builder(DataSource dataSource, SqlDialect dialect) {
      this.dataSource = Check.notNull(dataSource, "dataSource");
      this.dialect = Check.notNull(dialect, "dialect");
    }

    /**
     * How long to wait for a connection and for the answer to a statement before the target counts
     * as away; 1 ms to 1 day, default 2 minutes. A statement that honestly takes longer (waiting
     * for somebody's lock, emptying a large table) never succeeds, and neither does a handler that
     * takes longer, since the server ends a transaction that is silent for as long.
     */
    public Builder timeout(Duration timeout) {
      this.timeout = Connections.checkLimit(timeout);
      return this;
    }

    /** The table's rows belong to the source; columns by name. */
    public Builder mirror(String entity, String table) {
      return mirror(entity, table, m -> m);
    }

    /** The table's rows belong to the source. */
    public Builder mirror(String entity, String table, UnaryOperator<Mapping> mapping) {
      return table(entity, EntityMode.MIRROR, table, mapping);
    }

    /**
     * Both sides write the table; the mapping must name its columns, since ignored ones are no part
     * of a shared entity.
     */
    public Builder shared(String entity, String table, UnaryOperator<Mapping> mapping) {
      return table(entity, EntityMode.SHARED, table, mapping);
    }

    /**
     * What comes as a list inside an entity's documents goes to the rows of a child table. Parent
     * and child are both mapped, in the same mode; the child's key fields are those of its table's
     * key. An element's fields are those of the child.
     */
    public Builder nest(Nesting nesting) {
      nestings.add(Check.notNull(nesting, "nesting"));
      return this;
    }

    /** Events of the entity are skipped on purpose. */
    public Builder ignore(String entity) {
      return add(new EntityMapping(entity, EntityMode.IGNORED, "", Map.of(), null));
    }

    Builder handle(String entity, Consumer<ChangeEvent> handler) {
      return add(
          new EntityMapping(
              entity, EntityMode.HANDLER, "", Map.of(), Check.notNull(handler, "handler")));
    }

    private Builder table(
        String entity, EntityMode mode, String table, UnaryOperator<Mapping> mapping) {
      Check.notBlank(table, "table");
      Mapping filled = mapping.apply(new Mapping());
      filled.problems().forEach(problem -> problems.add("entity '" + entity + "': " + problem));
      Map<String, String> fields = new LinkedHashMap<>(filled.fields());
      if (mode == EntityMode.SHARED && fields.isEmpty()) {
        problems.add(
            "shared entity '%s' must name its columns: m -> m.columns(\"id\", …)"
                .formatted(entity));
      }
      return add(new EntityMapping(entity, mode, table, fields, null));
    }

    private Builder add(EntityMapping mapping) {
      Check.notBlank(mapping.entity(), "entity");
      int bytes = mapping.entity().getBytes(java.nio.charset.StandardCharsets.UTF_8).length;
      Check.argument(
          bytes <= MAX_ENTITY_BYTES,
          "an entity's name has at most %s bytes, '%s' has %s",
          MAX_ENTITY_BYTES,
          mapping.entity(),
          bytes);
      if (mappings.putIfAbsent(mapping.entity(), mapping) != null) {
        problems.add("entity '%s' is mapped twice: drop one".formatted(mapping.entity()));
      }
      return this;
    }

    /**
     * The target; nothing is connected. What only the database can tell is checked when the applier
     * starts.
     *
     * @throws ConfigurationException with every problem found
     */
    public JdbcTarget build() {
      List<String> found = new ArrayList<>(problems);
      if (mappings.isEmpty()) {
        found.add("nothing is mapped: call mirror(…), shared(…) or ignore(…)");
      }
      for (Nesting nesting : nestings) {
        Stream.of(nesting.parent(), nesting.child())
            .filter(entity -> !isTable(mappings.get(entity)))
            .forEach(
                entity ->
                    found.add(
                        "'%s' in '%s': '%s' is not mapped to a table; map it with mirror(…) or shared(…)"
                            .formatted(nesting.child(), nesting.parent(), entity)));
      }
      if (!found.isEmpty()) {
        throw new ConfigurationException(dialect.name() + " target", found);
      }
      return new JdbcTarget(this);
    }

    private static boolean isTable(@Nullable EntityMapping mapping) {
      return mapping != null
          && (mapping.mode() == EntityMode.MIRROR || mapping.mode() == EntityMode.SHARED);
    }
  }
}
