package io.millrace.cdc.mongo;

import com.mongodb.MongoException;
import com.mongodb.client.MongoCollection;
import io.millrace.cdc.error.Finding;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.bson.BsonTimestamp;
import org.bson.Document;
import org.jspecify.annotations.Nullable;

/** Names everything at the server that would lose data silently, and every missing privilege. */
final class MongoPreflight {
  private static final int OLDEST_MAJOR = 4;
  private static final int OLDEST_MINOR = 4;

  private final MongoSettings settings;
  private final List<Finding> findings = new ArrayList<>();

  MongoPreflight(MongoSettings settings) {
    this.settings = settings;
  }

  List<Finding> run() {
    return MongoErrors.call(
        settings,
        "look at its settings",
        () -> {
          Document hello = settings.admin().runCommand(new Document("isMaster", 1));
          if ("isdbgrid".equals(hello.getString("msg"))) {
            findings.add(
                Finding.refused(
                    "sharded",
                    settings.address() + " is a sharded cluster, which this release does not read.",
                    "Connect to a replica set."));
            return findings;
          }
          if (hello.getString("setName") == null) {
            findings.add(
                Finding.refused(
                    "no-replica-set",
                    settings.address() + " runs alone and has no change streams.",
                    "Start mongod with --replSet NAME and run rs.initiate()."));
            return findings;
          }
          version();
          if (privileges()) {
            collections();
          }
          oplog();
          return findings;
        });
  }

  private void version() {
    ServerVersion version = ServerVersion.of(settings);
    if (!version.isAtLeast(OLDEST_MAJOR, OLDEST_MINOR)) {
      findings.add(
          Finding.refused(
              "server-too-old",
              String.format(Locale.ROOT, "The server is version %s.", version),
              "Upgrade it to 4.4 or later."));
    }
    if (!version.keepsImages()) {
      for (CapturedCollection collection : settings.collections()) {
        if (collection.oldState()) {
          findings.add(
              Finding.refused(
                  "old-state-too-old",
                  String.format(
                      Locale.ROOT,
                      "Old state of %s is asked for, and the server (%s) keeps none.",
                      collection.name(),
                      version),
                  "Upgrade it to 6.0 or later, or leave oldState() out."));
        }
      }
    }
  }

  private void collections() {
    Map<String, Document> existing = new HashMap<>();
    for (Document info : settings.db().listCollections()) {
      existing.put(info.getString("name"), info);
    }
    for (CapturedCollection collection : settings.collections()) {
      Document info = existing.get(collection.name());
      if (info != null) {
        collection(collection, info);
      }
    }
    if (!existing.containsKey(MongoRegistration.COLLECTION)) {
      findings.add(
          Finding.refused(
              "registration-missing",
              "The log of " + settings.address() + " has no name yet.",
              "Call source.registration().install() once."));
    }
  }

  private void collection(CapturedCollection collection, Document info) {
    CollectionKinds.problem(settings, info).ifPresent(findings::add);
    Document images =
        info.get("options", new Document()).get("changeStreamPreAndPostImages", new Document());
    boolean ordinary = "collection".equals(info.getString("type"));
    if (ordinary && collection.oldState() && !images.getBoolean("enabled", false)) {
      findings.add(
          Finding.refused(
              "pre-images-off",
              "Old state of %s.%s is asked for, and the collection keeps none."
                  .formatted(settings.database(), collection.name()),
              "Call source.registration().install(), or run db.runCommand({collMod: '"
                  + collection.name()
                  + "', changeStreamPreAndPostImages: {enabled: true}})."));
    }
  }

  /** Says whether the collections may be looked at. */
  private boolean privileges() {
    Privileges privileges = Privileges.of(settings.admin(), settings.database());
    need(privileges, "", "changeStream");
    need(privileges, "", "find");
    need(privileges, "", "listCollections");
    for (String own : List.of(MongoRegistration.COLLECTION, "millrace_reader")) {
      need(privileges, own, "insert");
      need(privileges, own, "update");
    }
    for (String action : List.of("insert", "update")) {
      if (!privileges.allows(HeartbeatDocuments.COLLECTION, action)) {
        findings.add(
            Finding.warning(
                "heartbeat-grant",
                privileges.problem(HeartbeatDocuments.COLLECTION, action)
                    + " So health is told by progress only, and the ledgers of appliers are not cleaned up.",
                privileges.remedy(HeartbeatDocuments.COLLECTION, action)));
      }
    }
    return privileges.allows("", "listCollections");
  }

  private void need(Privileges privileges, String collection, String action) {
    if (!privileges.allows(collection, action)) {
      findings.add(
          Finding.refused(
              "missing-privilege",
              privileges.problem(collection, action),
              privileges.remedy(collection, action)));
    }
  }

  /** How far back the oplog reaches, where the user may look. */
  private void oplog() {
    try {
      MongoCollection<Document> oplog =
          settings.client().getDatabase("local").getCollection("oplog.rs");
      Document first = end(oplog, 1);
      Document last = end(oplog, -1);
      if (first == null || last == null) {
        return;
      }
      Document stats =
          settings.client().getDatabase("local").runCommand(new Document("collStats", "oplog.rs"));
      boolean full =
          stats.get("size", Number.class).doubleValue()
              > stats.get("maxSize", Number.class).doubleValue() / 2;
      Duration window =
          Duration.ofSeconds(
              last.get("ts", BsonTimestamp.class).getTime()
                  - (long) first.get("ts", BsonTimestamp.class).getTime());
      if (full && window.compareTo(settings.outage()) < 0) {
        findings.add(
            Finding.warning(
                "oplog-window",
                String.format(
                    Locale.ROOT,
                    "The oplog reaches back %s, and an outage of %s is to be bridged.",
                    window,
                    settings.outage()),
                "db.adminCommand({replSetResizeOplog: 1, size: MEGABYTES}), or set"
                    + " minRetentionHours."));
      }
    } catch (MongoException e) {
      findings.add(
          Finding.warning(
              "oplog-unseen",
              "The user may not read local.oplog.rs, so nobody knows how far back the oplog reaches.",
              "Grant find and collStats on {db: 'local', collection: 'oplog.rs'}, or watch the oplog"
                  + " window."));
    }
  }

  private static @Nullable Document end(MongoCollection<Document> oplog, int direction) {
    return oplog.find().sort(new Document("$natural", direction)).limit(1).first();
  }
}
