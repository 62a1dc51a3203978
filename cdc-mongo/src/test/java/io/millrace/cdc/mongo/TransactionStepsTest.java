package io.millrace.cdc.mongo;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoClients;
import com.mongodb.client.model.InsertOneModel;
import io.millrace.cdc.apply.RestartException;
import io.millrace.cdc.error.ApplyException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.bson.BsonDocument;
import org.junit.jupiter.api.Test;

/** What needs no server. */
class TransactionStepsTest {
  @Test
  void a_server_that_is_away_is_waited_for_within_the_timeout_and_is_no_clash() {
    try (MongoClient client = MongoClients.create("mongodb://127.0.0.1:1/?directConnection=true")) {
      TargetSite site =
          TargetSite.of(client, "shop", Duration.ofMillis(500), Clock.systemUTC(), new Random(1));
      try (TransactionSteps steps =
          new TransactionSteps(
              site, new SessionNotes("in", site), new Meetings(System::nanoTime))) {
        ApplyException reading =
            assertThrows(
                ApplyException.class,
                () -> steps.find(BsonDocument.class, "item", new BsonDocument(), null));
        ApplyException writing =
            assertThrows(
                ApplyException.class,
                () -> {
                  steps.bulk("item", List.of(new InsertOneModel<>(new BsonDocument())));
                  steps.send();
                });
        for (ApplyException away : List.of(reading, writing)) {
          assertTrue(away.retryable());
          assertFalse(away instanceof RestartException);
          assertTrue(
              String.valueOf(away.getMessage()).contains("Timed out"),
              String.valueOf(away.getMessage()));
        }
      }
      ApplyException outside =
          assertThrows(ApplyException.class, () -> new HeldQueries("in", site).count());
      assertTrue(outside.retryable());
      assertFalse(site.answers());
    }
  }
}
