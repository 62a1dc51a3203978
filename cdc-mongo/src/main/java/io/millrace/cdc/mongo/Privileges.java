package io.millrace.cdc.mongo;

import com.mongodb.client.MongoDatabase;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.bson.Document;
import org.jspecify.annotations.Nullable;

/** What the client's user may do in a database; everything where nobody is asked who he is. */
final class Privileges {
  private final String database;
  private final @Nullable List<Document> granted;

  private Privileges(String database, @Nullable List<Document> granted) {
    this.database = database;
    this.granted = granted;
  }

  static Privileges of(MongoDatabase admin, String database) {
    Document status =
        admin.runCommand(new Document("connectionStatus", 1).append("showPrivileges", true));
    Document info = status.get("authInfo", new Document());
    boolean known = !info.getList("authenticatedUsers", Document.class, List.of()).isEmpty();
    return new Privileges(
        database,
        known ? info.getList("authenticatedUserPrivileges", Document.class, List.of()) : null);
  }

  /**
   * Whether an action is allowed.
   *
   * @param collection empty for the database's as a whole
   */
  boolean allows(String collection, String action) {
    if (granted == null) {
      return true;
    }
    Set<String> allowed = new HashSet<>();
    for (Document privilege : granted) {
      if (covers(privilege.get("resource", new Document()), collection)) {
        allowed.addAll(privilege.getList("actions", String.class, List.of()));
      }
    }
    return allowed.contains(action) || allowed.contains("anyAction");
  }

  private boolean covers(Document resource, String collection) {
    if (resource.getBoolean("anyResource", false)) {
      return true;
    }
    String db = resource.getString("db");
    String name = resource.getString("collection");
    return db != null
        && name != null
        && (db.isEmpty() || db.equals(database))
        && (name.isEmpty() || name.equals(collection));
  }

  /** What is missing. */
  String problem(String collection, String action) {
    return String.format(
        Locale.ROOT,
        "The user lacks the privilege '%s' on {db: '%s', collection: '%s'}.",
        action,
        database,
        collection);
  }

  /** How to mend it. */
  String remedy(String collection, String action) {
    return String.format(
        Locale.ROOT,
        "db.grantPrivilegesToRole(ROLE, [{resource: {db: '%s', collection: '%s'}, actions: ['%s']}])",
        database,
        collection,
        action);
  }
}
