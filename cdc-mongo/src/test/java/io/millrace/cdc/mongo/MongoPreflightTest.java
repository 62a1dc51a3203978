package io.millrace.cdc.mongo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.mongodb.client.MongoDatabase;
import com.mongodb.client.model.CreateCollectionOptions;
import com.mongodb.client.model.TimeSeriesOptions;
import io.millrace.cdc.error.ConfigurationException;
import io.millrace.cdc.error.Finding;
import io.millrace.cdc.testkit.MongoServer;
import io.millrace.cdc.testkit.NeedsServer;
import io.millrace.cdc.testkit.ServerKind;
import io.millrace.cdc.testkit.ServerOptions;
import java.time.Duration;
import java.util.List;
import org.bson.Document;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a source cannot be trusted with is found before the first event, all of it at once. */
@NeedsServer(ServerKind.MONGO)
final class MongoPreflightTest {
  private final MongoServer server = MongoServer.shared();
  private final MongoDatabase database = server.createDatabase("preflight");

  @AfterEach
  void drop() {
    database.drop();
  }

  private MongoSource.Builder source() {
    return MongoSource.builder(server.client(), database.getName()).service("shop");
  }

  private static List<String> codes(List<Finding> findings) {
    return findings.stream().map(Finding::code).toList();
  }

  @Test
  void a_capped_collection_a_view_and_a_log_without_a_name_are_found_together() {
    database.createCollection("log", new CreateCollectionOptions().capped(true).sizeInBytes(4096));
    database.createCollection("item");
    database.createView("cheap", "item", List.of());
    List<Finding> findings =
        source().capture("log").capture("cheap").capture("item").build().preflight();
    assertThat(codes(findings)).contains("capped", "view", "registration-missing").hasSize(3);
    assertThat(findings).allMatch(finding -> finding.severity() == Finding.Severity.REFUSED);
    assertThat(findings.toString())
        .contains(database.getName() + ".log")
        .contains(database.getName() + ".cheap")
        .contains("install()")
        .doesNotContain(database.getName() + ".item");
  }

  @Test
  void a_time_series_collection_is_refused_as_source_and_as_target() {
    assumeTrue(server.isAtLeast(5, 0), "time-series collections exist from 5.0 on");
    database.createCollection(
        "series", new CreateCollectionOptions().timeSeriesOptions(new TimeSeriesOptions("at")));
    MongoSource source = source().capture("series").build();
    source.registration().install();
    assertThat(codes(source.preflight())).contains("time-series");
    assertThatThrownBy(
            () ->
                MongoTarget.builder(server.client(), database.getName())
                    .mirror("series", "series")
                    .build()
                    .open("in"))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("series");
  }

  @Test
  void old_state_is_refused_where_the_server_or_the_collection_keeps_none() {
    database.createCollection("item");
    MongoSource source = source().capture("item", c -> c.oldState()).build();
    if (server.isAtLeast(6, 0)) {
      source().capture("item").build().registration().install();
      assertThat(codes(source.preflight())).contains("pre-images-off");
      source.registration().install();
      assertThat(codes(source.preflight())).doesNotContain("pre-images-off");
    } else {
      assertThat(codes(source.preflight())).contains("old-state-too-old");
    }
  }

  @Test
  void a_collection_that_is_not_there_yet_is_no_finding() {
    MongoSource source = source().capture("later").build();
    source.registration().install();
    assertThat(source.preflight())
        .noneMatch(finding -> finding.severity() == Finding.Severity.REFUSED);
  }

  @Test
  void a_full_oplog_that_is_shorter_than_the_longest_outage_is_a_warning() {
    try (MongoServer small =
        MongoServer.startDedicated(ServerOptions.defaults().with("oplogSize", "10"))) {
      MongoSource source =
          MongoSource.builder(small.client(), "shop")
              .service("shop")
              .capture("item")
              .longestOutage(Duration.ofDays(1))
              .build();
      source.registration().install();
      assertThat(codes(source.preflight())).doesNotContain("oplog-window");
      byte[] much = new byte[1 << 20];
      for (int i = 0; i < 8; i++) {
        small
            .client()
            .getDatabase("shop")
            .getCollection("other")
            .insertOne(new Document("_id", i).append("much", much));
      }
      assertThat(source.preflight())
          .filteredOn(finding -> finding.code().equals("oplog-window"))
          .singleElement()
          .satisfies(
              finding -> {
                assertThat(finding.severity()).isEqualTo(Finding.Severity.WARNING);
                assertThat(finding.remedy()).contains("replSetResizeOplog");
              });
    }
  }
}
