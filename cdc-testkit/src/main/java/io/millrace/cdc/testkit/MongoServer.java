package io.millrace.cdc.testkit;

import com.mongodb.ConnectionString;
import com.mongodb.MongoClientSettings;
import com.mongodb.MongoCommandException;
import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoClients;
import com.mongodb.client.MongoDatabase;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.bson.Document;
import org.jspecify.annotations.Nullable;

/**
 * A MongoDB server: a replica set of one node, so that change streams and transactions work.
 * Thread-safe.
 */
public final class MongoServer extends TestServer {

  private static final int ALREADY_INITIALIZED = 23;
  private static final int NOT_YET_INITIALIZED = 94;
  private static final long PATIENCE_MILLIS = 2_000;

  private final AtomicInteger numbers = new AtomicInteger();

  /** One of several: {@link MongoReplicaSet} makes them a set. */
  private final boolean member;

  private @Nullable MongoClient client; // guarded by this

  private MongoServer(Instance instance, boolean shared, boolean member) {
    super(ServerKind.MONGO, instance, shared);
    this.member = member;
  }

  /**
   * The server all tests of this JVM share; started by the first call.
   *
   * @throws MissingServerException if there is none, which skips the test
   */
  public static MongoServer shared() {
    return Servers.shared(
        ServerKind.MONGO, MongoServer.class, instance -> new MongoServer(instance, true, false));
  }

  /** A server of the caller's own, with the testkit's settings; close it. */
  public static MongoServer startDedicated() {
    return startDedicated(ServerOptions.defaults());
  }

  /** A server of the caller's own; close it. */
  public static MongoServer startDedicated(ServerOptions options) {
    return Servers.dedicated(
        ServerKind.MONGO, options, instance -> new MongoServer(instance, false, false));
  }

  /** One node of a set that somebody else initiates. */
  static MongoServer startMember(ServerOptions options) {
    return Servers.dedicated(
        ServerKind.MONGO, options, instance -> new MongoServer(instance, false, true));
  }

  /** The connection string of a client; names the one node, so that it works behind a proxy too. */
  public String connectionString() {
    return instance() instanceof GivenInstance given
        ? given.address()
        : "mongodb://" + host() + ":" + port() + "/?directConnection=true";
  }

  /** A new client; close it. */
  public MongoClient newClient() {
    return MongoClients.create(connectionString());
  }

  /** A client that all callers share; closed with the server. */
  public synchronized MongoClient client() {
    MongoClient open = client;
    if (open == null) {
      open = newClient();
      client = open;
    }
    return open;
  }

  /**
   * A database that no other test has; MongoDB makes it with its first collection.
   *
   * @param prefix the beginning of its name
   */
  public MongoDatabase createDatabase(String prefix) {
    String name = prefix + "_" + numbers.incrementAndGet();
    if (instance() instanceof GivenInstance) {
      name = prefix + "_" + Long.toString(ProcessHandle.current().pid(), 36) + "_" + numbers.get();
    }
    MongoDatabase database = client().getDatabase(name);
    database.drop();
    return database;
  }

  /** The server's version, such as {@code 8.0.4}. */
  public String version() {
    return client()
        .getDatabase("admin")
        .runCommand(new Document("buildInfo", 1))
        .getString("version");
  }

  /** Whether the server is at least of this version; features of 6.0 are tested only there. */
  public boolean isAtLeast(int major, int minor) {
    List<Integer> parts =
        client()
            .getDatabase("admin")
            .runCommand(new Document("buildInfo", 1))
            .getList("versionArray", Integer.class);
    return parts.get(0) > major || (parts.get(0) == major && parts.get(1) >= minor);
  }

  @Override
  synchronized void release() {
    if (client != null) {
      client.close();
      client = null;
    }
  }

  /** A client that does not wait for a server which is frozen or gone; close it. */
  MongoClient impatientClient() {
    return MongoClients.create(
        MongoClientSettings.builder()
            .applyConnectionString(new ConnectionString(connectionString()))
            .applyToClusterSettings(
                cluster -> cluster.serverSelectionTimeout(PATIENCE_MILLIS, TimeUnit.MILLISECONDS))
            .applyToSocketSettings(
                socket -> socket.readTimeout(PATIENCE_MILLIS, TimeUnit.MILLISECONDS))
            .build());
  }

  @Override
  void probe() throws Exception {
    try (MongoClient probing = impatientClient()) {
      MongoDatabase admin = probing.getDatabase("admin");
      if (member) {
        admin.runCommand(new Document("isMaster", 1));
        return;
      }
      if (!(instance() instanceof GivenInstance)) {
        initiate(admin);
      }
      Document hello = admin.runCommand(new Document("isMaster", 1));
      if (hello.getString("setName") == null) {
        throw new IllegalStateException(
            description() + " is no member of a replica set, which change streams need");
      }
      if (!hello.getBoolean("ismaster", false)) {
        throw new IllegalStateException("no primary is elected yet");
      }
    }
  }

  private void initiate(MongoDatabase admin) {
    try {
      admin.runCommand(new Document("replSetGetStatus", 1));
      return;
    } catch (MongoCommandException e) {
      if (e.getErrorCode() != NOT_YET_INITIALIZED) {
        return; // starting or electing: the next probe sees
      }
    }
    // By the name that it has for itself, in a container too; our clients ask no other node.
    Document member = new Document("_id", 0).append("host", "127.0.0.1:" + port());
    Document config =
        new Document("_id", MongoProgram.REPLICA_SET).append("members", List.of(member));
    try {
      admin.runCommand(new Document("replSetInitiate", config));
    } catch (MongoCommandException e) {
      if (e.getErrorCode() != ALREADY_INITIALIZED) {
        throw e;
      }
    }
  }
}
