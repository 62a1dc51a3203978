package io.millrace.cdc.mongo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoClients;
import com.mongodb.client.MongoDatabase;
import io.millrace.cdc.apply.EntityKey;
import io.millrace.cdc.apply.LedgerEntry;
import io.millrace.cdc.apply.RowWrite;
import io.millrace.cdc.apply.TargetSession;
import io.millrace.cdc.apply.TargetTransaction;
import io.millrace.cdc.error.ConfigurationException;
import io.millrace.cdc.error.Finding;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.Heartbeat;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import io.millrace.cdc.event.Version;
import io.millrace.cdc.position.Lease;
import io.millrace.cdc.source.FirstStart;
import io.millrace.cdc.source.ReaderStart;
import io.millrace.cdc.source.SourceReader;
import io.millrace.cdc.testkit.MongoServer;
import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.ServerKind;
import io.millrace.cdc.testkit.ServerOptions;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.bson.Document;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What docs/mongodb.md says a user needs is enough, and each of it that is missing is named. */
@NeedsServer(ServerKind.MONGO)
final class MongoPrivilegesTest {
  private static final String PASSWORD = "secret";
  private static final List<String> READER_WRITES =
      List.of("millrace_registration", "millrace_reader", "millrace_heartbeat");

  @TempDir private static Path keys;
  private static MongoServer server;
  private static MongoClient root;
  private static int users;

  /** A privilege. */
  private record Grant(String collection, String action) {
    Document privilege(String database) {
      return new Document("resource", new Document("db", database).append("collection", collection))
          .append("actions", List.of(action));
    }
  }

  @BeforeAll
  static void start() throws Exception {
    Path key =
        Files.createFile(
            keys.resolve("key"),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.writeString(key, "aKeyThatAllMembersOfTheSetShare0");
    server = MongoServer.startDedicated(ServerOptions.defaults().with("keyFile", key.toString()));
    // The first user may be made without one, from the server's own machine.
    server
        .client()
        .getDatabase("admin")
        .runCommand(
            new Document("createUser", "root")
                .append("pwd", PASSWORD)
                .append("roles", List.of("root")));
    root = client("root");
  }

  @AfterAll
  static void stop() {
    if (root != null) {
      root.close();
    }
    if (server != null) {
      server.close();
    }
  }

  private static MongoClient client(String user) {
    return MongoClients.create(
        String.format(
            Locale.ROOT,
            "mongodb://%s:%s@%s:%d/?directConnection=true&authSource=admin",
            user,
            PASSWORD,
            server.host(),
            server.port()));
  }

  /** A client of a user that has these privileges on a database and no others. */
  private static MongoClient userWith(String database, List<Grant> grants) {
    String name = "user" + ++users;
    MongoDatabase admin = root.getDatabase("admin");
    admin.runCommand(
        new Document("createRole", name)
            .append("privileges", grants.stream().map(g -> g.privilege(database)).toList())
            .append("roles", List.of()));
    admin.runCommand(
        new Document("createUser", name).append("pwd", PASSWORD).append("roles", List.of(name)));
    return client(name);
  }

  private static List<Grant> without(List<Grant> grants, Grant missing) {
    return grants.stream().filter(grant -> !grant.equals(missing)).toList();
  }

  private static MongoSource source(MongoClient client, String database) {
    return MongoSource.builder(client, database)
        .service("shop")
        .capture("item", c -> c.rename("_id", "id"))
        .build();
  }

  private static List<Grant> ofReader() {
    List<Grant> grants = new ArrayList<>();
    grants.add(new Grant("", "find"));
    grants.add(new Grant("", "changeStream"));
    grants.add(new Grant("", "listCollections"));
    for (String own : READER_WRITES) {
      grants.add(new Grant(own, "insert"));
      grants.add(new Grant(own, "update"));
    }
    return grants;
  }

  @Test
  void a_reader_works_with_what_the_documentation_grants_it() throws Exception {
    MongoDatabase database = root.getDatabase("least");
    database.createCollection("item");
    source(root, "least").registration().install();
    try (MongoClient client = userWith("least", ofReader())) {
      MongoSource source = source(client, "least");
      assertThat(source.preflight())
          .noneMatch(finding -> finding.severity() == Finding.Severity.REFUSED);
      try (SourceReader reader =
          source.open(new ReaderStart("p", Optional.empty(), 0, FirstStart.NOW))) {
        assertThat(source.beat(new Heartbeat("p", 1, Instant.EPOCH, Optional.empty()))).isTrue();
        database.getCollection("item").insertOne(new Document("_id", 1L));
        List<ChangeEvent> events = new ArrayList<>();
        long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        while (events.size() < 2 && System.nanoTime() < deadline) {
          var batch = reader.poll(10, Duration.ofMillis(200));
          events.addAll(batch.events());
          if (batch.position() != null) {
            reader.saved(batch.position());
          }
        }
        assertThat(events).hasSize(2);
      }
    }
  }

  @Test
  void each_privilege_that_a_reader_lacks_is_named_with_its_remedy() {
    root.getDatabase("lacking").createCollection("item");
    source(root, "lacking").registration().install();
    for (Grant missing : ofReader()) {
      try (MongoClient client = userWith("lacking", without(ofReader(), missing))) {
        assertThat(source(client, "lacking").preflight())
            .as("without %s", missing)
            .anySatisfy(
                finding -> {
                  assertThat(finding.toString())
                      .contains("'" + missing.action() + "'")
                      .contains("lacking")
                      .contains(missing.collection());
                  assertThat(finding.toString()).contains("grantPrivilegesToRole");
                });
      }
    }
  }

  @Test
  void positions_work_with_what_the_documentation_grants_them() {
    List<Grant> grants = new ArrayList<>();
    for (String own : List.of(PositionDocuments.POSITION, PositionDocuments.UNPUBLISHED)) {
      for (String action :
          List.of("find", "insert", "update", "remove", "createCollection", "createIndex")) {
        grants.add(new Grant(own, action));
      }
    }
    try (MongoClient client = userWith("positions", grants)) {
      for (int round = 0; round < 2; round++) {
        MongoPositions positions = MongoPositions.in(client, "positions");
        Lease lease = positions.acquire("p", "me", Duration.ofSeconds(10)).orElseThrow();
        positions.save(lease, Optional.empty(), 1);
        assertThat(positions.load(lease)).isPresent();
        positions.release(lease);
      }
    }
  }

  @Test
  void each_privilege_that_an_audit_lacks_is_named_with_its_remedy() {
    List<Grant> grants = new ArrayList<>();
    for (String action : List.of("find", "insert", "update")) {
      grants.add(new Grant("millrace_audit", action));
    }
    for (Grant missing : grants) {
      try (MongoClient client = userWith("audited", without(grants, missing))) {
        assertThat(MongoAudit.builder(client, "audited").build().preflight())
            .as("without %s", missing)
            .anySatisfy(
                finding ->
                    assertThat(finding.toString())
                        .contains("'" + missing.action() + "'")
                        .contains("grantPrivilegesToRole"));
      }
    }
    try (MongoClient client = userWith("audited", grants)) {
      assertThat(MongoAudit.builder(client, "audited").build().preflight()).isEmpty();
    }
  }

  private static List<Grant> ofApplier() {
    List<Grant> grants = new ArrayList<>();
    grants.add(new Grant("", "listCollections"));
    List<String> all = new ArrayList<>(OwnCollections.ALL);
    all.add("item");
    for (String collection : all) {
      for (String action : List.of("find", "insert", "update", "remove")) {
        grants.add(new Grant(collection, action));
      }
    }
    grants.add(new Grant("item", "listIndexes"));
    return grants;
  }

  private static TargetSession open(MongoClient client, String database) {
    return MongoTarget.builder(client, database)
        .mirror("item", "item", m -> m.rename("id", "_id").fields("name"))
        .build()
        .open("in");
  }

  @Test
  void an_applier_works_with_what_the_documentation_grants_it() {
    open(root, "applied").close(); // makes what is missing
    root.getDatabase("applied").createCollection("other");
    try (MongoClient client = userWith("applied", ofApplier());
        TargetSession session = open(client, "applied")) {
      EntityKey key = EntityKey.of("item", "1");
      byte[] version = Version.of(1, ByteBuffer.allocate(8).putLong(1).array()).toBytes();
      try (TargetTransaction transaction = session.begin()) {
        transaction.write(
            "item",
            List.of(
                new RowWrite(
                    key,
                    RowWrite.Kind.UPSERT,
                    Row.of("id", Value.of(1L)),
                    Row.of("name", Value.of("a")),
                    List.of(new LedgerEntry(key, "log-1", version, false, null, 0)))));
        transaction.commit();
      }
      // The next one ends what this one might have left open, which a user may do to their own.
      open(client, "applied").close();
    }
    assertThat(root.getDatabase("applied").getCollection("item").countDocuments()).isEqualTo(1);
  }

  @Test
  void a_user_who_is_not_let_in_is_told_what_to_look_at() {
    userWith("refused", List.of()).close();
    String wrong =
        "mongodb://user%d:wrong@%s:%d/?directConnection=true&authSource=admin"
            .formatted(users, server.host(), server.port());
    try (MongoClient client = MongoClients.create(wrong)) {
      assertThatThrownBy(() -> source(client, "refused").preflight())
          .hasMessageContaining("Check user, password and authSource");
      assertThatThrownBy(() -> open(client, "refused").close())
          .hasMessageContaining("Check user, password and authSource");
    }
  }

  @Test
  void each_privilege_that_an_applier_lacks_is_named_with_its_remedy() {
    open(root, "short").close();
    for (Grant missing : ofApplier()) {
      try (MongoClient client = userWith("short", without(ofApplier(), missing))) {
        assertThatThrownBy(() -> open(client, "short").close())
            .as("without %s", missing)
            .isInstanceOf(ConfigurationException.class)
            .hasMessageContaining("'" + missing.action() + "'")
            .hasMessageContaining(missing.collection())
            .hasMessageContaining("grantPrivilegesToRole");
      }
    }
  }
}
