package io.millrace.cdc.mongo;

import io.millrace.cdc.apply.EntityMode;
import io.millrace.cdc.apply.Nesting;
import io.millrace.cdc.error.ConfigurationException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.bson.Document;

/**
 * Names everything at the server that a target cannot work with, and every missing privilege; makes
 * what is missing.
 */
final class TargetPreflight {
  private static final int OLDEST_MAJOR = 4;
  private static final int OLDEST_MINOR = 4;
  private static final List<String> READ_AND_WRITE = List.of("find", "insert", "update", "remove");

  private final String applier;
  private final TargetSite site;
  private final Map<String, CollectionMapping> mappings;
  private final List<Nesting> nestings;
  private final List<String> problems = new ArrayList<>();
  private final Map<String, Document> existing = new HashMap<>();

  TargetPreflight(
      String applier,
      TargetSite site,
      Map<String, CollectionMapping> mappings,
      List<Nesting> nestings) {
    this.applier = applier;
    this.site = site;
    this.mappings = mappings;
    this.nestings = nestings;
  }

  /** The checked mappings; fails with {@link ConfigurationException} naming all that is wrong. */
  TargetLayout layout() {
    server();
    failIfAny();
    Set<String> wanted = new LinkedHashSet<>();
    mappings.values().stream()
        .filter(CollectionMapping::written)
        .forEach(mapping -> wanted.add(mapping.collection()));
    Privileges privileges = Privileges.of(site.admin(), site.database());
    need(privileges, "", "listCollections");
    failIfAny();
    site.durable().listCollections().forEach(info -> existing.put(info.getString("name"), info));
    privileges(privileges, wanted);
    wanted.forEach(this::collection);
    failIfAny();
    OwnCollections.install(
        site.durable(), existing.keySet(), privileges.allows(OwnCollections.HELD, "createIndex"));
    wanted.stream()
        .filter(name -> !existing.containsKey(name))
        .forEach(name -> OwnCollections.create(site.durable(), name));
    shared();
    TargetLayout layout = new LayoutCheck(site, mappings, nestings, problems).layout();
    failIfAny();
    return layout;
  }

  private void failIfAny() {
    if (!problems.isEmpty()) {
      throw new ConfigurationException("applier '" + applier + "' on " + site, problems);
    }
  }

  private void server() {
    Document hello = site.admin().runCommand(new Document("isMaster", 1));
    if ("isdbgrid".equals(hello.getString("msg"))) {
      problems.add(
          "the server is a sharded cluster, which this release does not write. Connect to a replica set.");
      return;
    }
    if (hello.getString("setName") == null) {
      problems.add(
          "the server runs alone and has no transactions. Start mongod with --replSet NAME and run rs.initiate().");
      return;
    }
    List<Integer> version =
        site.admin()
            .runCommand(new Document("buildInfo", 1))
            .getList("versionArray", Integer.class);
    int major = version.get(0);
    int minor = version.get(1);
    if (major < OLDEST_MAJOR || (major == OLDEST_MAJOR && minor < OLDEST_MINOR)) {
      problems.add(
          String.format(
              Locale.ROOT,
              "the server is version %s.%s. Upgrade it to 4.4 or later.",
              major,
              minor));
    }
  }

  private void privileges(Privileges privileges, Set<String> wanted) {
    Set<String> used = new LinkedHashSet<>(wanted);
    used.addAll(OwnCollections.ALL);
    for (String name : used) {
      READ_AND_WRITE.forEach(action -> need(privileges, name, action));
      if (!existing.containsKey(name)) {
        need(privileges, name, "createCollection");
      }
    }
    wanted.forEach(name -> need(privileges, name, "listIndexes"));
    if (!existing.containsKey(OwnCollections.HELD)) {
      need(privileges, OwnCollections.HELD, "createIndex");
    }
    if (hasShared()) {
      need(privileges, MongoRegistration.COLLECTION, "find");
    }
  }

  private void need(Privileges privileges, String collection, String action) {
    if (!privileges.allows(collection, action)) {
      problems.add(
          privileges.problem(collection, action) + " " + privileges.remedy(collection, action));
    }
  }

  private void collection(String name) {
    Document info = existing.get(name);
    if (info == null) {
      return;
    }
    Document options = info.get("options", new Document());
    String type = String.valueOf(info.getString("type"));
    if (type.equals("view")) {
      problems.add("collection '" + name + "' is a view. Write to what it shows.");
    } else if (type.equals("timeseries")) {
      problems.add(
          "collection '"
              + name
              + "' is a time-series collection, whose documents cannot be changed one by one.");
    } else if (options.getBoolean("capped", false)) {
      problems.add("collection '" + name + "' is capped, and no transaction may write to it.");
    } else if (options.containsKey("collation")) {
      problems.add(
          "collection '"
              + name
              + "' has a collation of its own, which takes different keys for the same one. Make it anew without, and give the collation to its indexes.");
    }
  }

  private boolean hasShared() {
    return mappings.values().stream().anyMatch(mapping -> mapping.mode() == EntityMode.SHARED);
  }

  private void shared() {
    if (hasShared()
        && site.durable()
                .getCollection(MongoRegistration.COLLECTION)
                .find(new Document("_id", MongoRegistration.LOG))
                .first()
            == null) {
      problems.add(
          "an entity is shared, but this database is not registered as a log, so own events cannot be told from foreign ones."
              + " Call source.registration().install() once.");
    }
  }
}
