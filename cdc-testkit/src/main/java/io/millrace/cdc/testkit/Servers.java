package io.millrace.cdc.testkit;

import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds or starts servers in the order that the package documentation gives, and keeps the shared
 * ones.
 */
final class Servers {

  private static final Logger LOG = LoggerFactory.getLogger(Servers.class);

  /** One lock for all kinds: two servers that start at once only slow each other down. */
  private static final Object LOCK = new Object();

  private static final Map<ServerKind, TestServer> SHARED = new EnumMap<>(ServerKind.class);

  private Servers() {}

  /** The JVM's one server of a kind. */
  static TestServer shared(ServerKind kind) {
    return switch (kind) {
      case POSTGRES -> PostgresServer.shared();
      case MARIADB -> MariaDbServer.shared();
      case MYSQL -> MySqlServer.shared();
      case KAFKA -> KafkaServer.shared();
      case MONGO -> MongoServer.shared();
    };
  }

  /** Whether a type is the handle of a kind. */
  static boolean is(ServerKind kind, Class<?> type) {
    return switch (kind) {
      case POSTGRES -> type == PostgresServer.class;
      case MARIADB -> type == MariaDbServer.class;
      case MYSQL -> type == MySqlServer.class;
      case KAFKA -> type == KafkaServer.class;
      case MONGO -> type == MongoServer.class;
    };
  }

  /** The JVM's one server of a kind, started at the first call. */
  static <S extends TestServer> S shared(
      ServerKind kind, Class<S> type, Function<Instance, S> handle) {
    synchronized (LOCK) {
      TestServer server = SHARED.get(kind);
      if (server == null) {
        Environment environment = Environment.ofProcess();
        server = begin(handle.apply(open(kind, environment, ServerOptions.defaults(), true)));
        SHARED.put(kind, server);
      }
      return type.cast(server);
    }
  }

  /** A server of the caller's own. */
  static <S extends TestServer> S dedicated(
      ServerKind kind, ServerOptions options, Function<Instance, S> handle) {
    return begin(handle.apply(open(kind, Environment.ofProcess(), options, false)));
  }

  private static <S extends TestServer> S begin(S server) {
    try {
      server.begin();
      return server;
    } catch (RuntimeException e) {
      server.instance().close();
      throw e;
    }
  }

  /** Chooses where a server comes from, and says so. */
  static Instance open(
      ServerKind kind, Environment environment, ServerOptions options, boolean shared) {
    if (shared) {
      Optional<GivenInstance> given = Origins.given(kind, environment);
      if (given.isPresent()) {
        LOG.info("{}: using the one given as {}", kind.label(), given.get().address());
        return given.get();
      }
    }
    Optional<ServerProgram> local = Origins.local(kind, environment);
    if (local.isPresent()) {
      return nativeInstance(kind, local.get(), options, shared);
    }
    Optional<Instance> container = ContainerInstance.open(kind, environment, options);
    if (container.isPresent()) {
      LOG.info("{}: starting {}", kind.label(), container.get().description());
      return container.get();
    }
    Optional<ServerProgram> embedded = Origins.embedded(kind, environment);
    if (embedded.isPresent()) {
      return nativeInstance(kind, embedded.get(), options, shared);
    }
    throw missing(kind, environment);
  }

  private static RuntimeException missing(ServerKind kind, Environment environment) {
    RuntimeException missing = environment.missing(kind, Origins.whyNone(kind));
    LOG.warn("{}", missing.getMessage());
    return missing;
  }

  private static Instance nativeInstance(
      ServerKind kind, ServerProgram program, ServerOptions options, boolean shared) {
    LOG.info("{}: starting {}", kind.label(), program.description());
    return NativeInstance.create(kind, program, options, shared);
  }
}
