package io.millrace.cdc.testkit;

import com.mongodb.MongoException;
import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoClients;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.bson.Document;

/**
 * A MongoDB replica set of several dedicated nodes, for tests of elections: kill, pause or step
 * down its primary. Belongs to whoever started it; close it. Thread-safe.
 */
public final class MongoReplicaSet implements AutoCloseable {
  private static final Duration ELECTION_LIMIT = Duration.ofSeconds(60);
  private static final Duration PAUSE = Duration.ofMillis(50);

  /** The server's default is 10 s. */
  private static final int ELECTION_MILLIS = 2_000;

  private static final int PRIMARY = 1;

  private final List<MongoServer> members;

  private MongoReplicaSet(List<MongoServer> members) {
    this.members = List.copyOf(members);
  }

  /**
   * Starts the nodes, makes them a set and waits for a primary.
   *
   * @param nodes how many; with three a majority survives the loss of one
   * @throws MissingServerException if there is no MongoDB, which skips the test
   */
  public static MongoReplicaSet start(int nodes) {
    List<MongoServer> started = new ArrayList<>();
    try {
      for (int i = 0; i < nodes; i++) {
        MongoServer member =
            MongoServer.startMember(ServerOptions.defaults().with("wiredTigerCacheSizeGB", "0.25"));
        started.add(member);
        if (member.instance() instanceof ContainerInstance) {
          throw Environment.ofProcess()
              .missing(
                  ServerKind.MONGO,
                  "nodes in Docker do not reach each other, programs on this machine do");
        }
      }
      MongoReplicaSet set = new MongoReplicaSet(started);
      set.initiate();
      set.primary();
      return set;
    } catch (RuntimeException e) {
      started.forEach(MongoServer::close);
      throw e;
    }
  }

  private void initiate() {
    List<Document> hosts = new ArrayList<>();
    for (MongoServer member : members) {
      hosts.add(new Document("_id", hosts.size()).append("host", address(member)));
    }
    Document config =
        new Document("_id", MongoProgram.REPLICA_SET)
            .append("members", hosts)
            .append("settings", new Document("electionTimeoutMillis", ELECTION_MILLIS));
    command(members.get(0), new Document("replSetInitiate", config));
  }

  private static Document command(MongoServer member, Document command) {
    try (MongoClient client = member.impatientClient()) {
      return client.getDatabase("admin").runCommand(command);
    }
  }

  private static String address(MongoServer member) {
    return member.host() + ":" + member.port();
  }

  /** The nodes, in the order they were started. */
  public List<MongoServer> members() {
    return members;
  }

  /** The connection string of a client that follows the primary. */
  public String connectionString() {
    String addresses =
        members.stream().map(MongoReplicaSet::address).collect(Collectors.joining(","));
    return String.format(
        Locale.ROOT,
        "mongodb://%s/?replicaSet=%s&retryWrites=true&w=majority",
        addresses,
        MongoProgram.REPLICA_SET);
  }

  /** A new client that follows the primary; close it. */
  public MongoClient newClient() {
    return MongoClients.create(connectionString());
  }

  /**
   * The node that takes writes now; waits for an election.
   *
   * @throws IllegalStateException if none is elected within a minute
   */
  public MongoServer primary() {
    long deadline = System.nanoTime() + ELECTION_LIMIT.toNanos();
    while (System.nanoTime() < deadline) {
      for (MongoServer member : members) {
        if (member.isRunning() && isPrimary(member)) {
          return member;
        }
      }
      LockSupport.parkNanos(PAUSE.toNanos());
    }
    throw new IllegalStateException("no primary within " + ELECTION_LIMIT + " of " + members);
  }

  private static boolean isPrimary(MongoServer member) {
    try {
      Document status = command(member, new Document("replSetGetStatus", 1));
      return status.getInteger("myState", 0) == PRIMARY;
    } catch (MongoException e) {
      return false; // starting, electing or frozen
    }
  }

  /** Makes the primary give up; another one is elected. The old one stays secondary for 20 s. */
  public void stepDown() {
    MongoServer old = primary();
    try {
      command(
          old,
          new Document("replSetStepDown", 20)
              .append("secondaryCatchUpPeriodSecs", 1)
              .append("force", true));
    } catch (MongoException e) {
      if (isPrimary(old)) {
        throw e;
      }
    }
  }

  /** Ends all nodes and removes their data; idempotent. */
  @Override
  public void close() {
    members.forEach(MongoServer::close);
  }
}
