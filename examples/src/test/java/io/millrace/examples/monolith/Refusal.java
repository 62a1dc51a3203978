package io.millrace.examples.monolith;

import com.mongodb.client.MongoDatabase;
import io.millrace.cdc.testkit.Database;
import org.bson.Document;

/** A constraint of one side that refuses some hot customers while it is switched on. */
final class Refusal {
  private final Runnable on;
  private final Runnable off;

  private Refusal(Runnable on, Runnable off) {
    this.on = on;
    this.off = off;
  }

  /** Installs it, switched off. Its errors are a constraint's, which writers expect. */
  static Refusal install(Site site) {
    return site instanceof MongoSite documents
        ? install(documents.database())
        : install(((JdbcSite) site).database(), site.side());
  }

  private static Refusal install(MongoDatabase database) {
    String refused = "{$nor: [{_id: {$lte: %d, $mod: [5, 3]}}]}".formatted(Writer.HOT);
    return new Refusal(() -> validate(database, refused), () -> validate(database, "{}"));
  }

  private static void validate(MongoDatabase database, String validator) {
    database.runCommand(
        new Document("collMod", ShopDocuments.CUSTOMERS)
            .append("validator", Document.parse(validator)));
  }

  private static Refusal install(Database database, String side) {
    database.execute("CREATE TABLE refusal (active integer NOT NULL)");
    if (side.equals("monolith")) {
      for (String event : new String[] {"INSERT", "UPDATE"}) {
        database.execute(
            """
            CREATE TRIGGER refuse_%s BEFORE %s ON customers FOR EACH ROW
            BEGIN
              IF NEW.customer_no <= %d AND NEW.customer_no %% 5 = 3 AND EXISTS (SELECT 1 FROM refusal) THEN
                SIGNAL SQLSTATE '23000' SET MESSAGE_TEXT = 'refused by the test';
              END IF;
            END"""
                .formatted(event.toLowerCase(java.util.Locale.ROOT), event, Writer.HOT));
      }
    } else {
      database.execute(
          """
          CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
          BEGIN
            IF NEW.id <= %d AND NEW.id %% 5 = 3 AND EXISTS (SELECT FROM refusal) THEN
              RAISE EXCEPTION USING ERRCODE = '23514', MESSAGE = 'refused by the test';
            END IF;
            RETURN NEW;
          END $$"""
              .formatted(Writer.HOT),
          "CREATE TRIGGER refuse BEFORE INSERT OR UPDATE ON customer FOR EACH ROW EXECUTE FUNCTION refuse()");
    }
    return new Refusal(
        () -> database.execute("INSERT INTO refusal VALUES (1)"),
        () -> database.execute("DELETE FROM refusal"));
  }

  void on() {
    on.run();
  }

  void off() {
    off.run();
  }
}
