package io.millrace.cdc.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.platform.testkit.engine.EngineTestKit;

final class NeedsServerTest {

  @Test
  @NeedsServer(ServerKind.POSTGRES)
  void the_shared_server_is_handed_in(PostgresServer postgres) {
    assertThat(postgres).isSameAs(PostgresServer.shared());
  }

  @Test
  void a_class_whose_server_is_missing_is_skipped_before_its_fields_are_set() {
    Assumptions.assumeFalse(Environment.ofProcess().required().contains(ServerKind.MONGO));
    EngineTestKit.engine("junit-jupiter")
        .selectors(selectClass(NeedsMongo.class))
        .execute()
        .containerEvents()
        .assertStatistics(s -> s.skipped(1).failed(0));
  }

  @NeedsServer(ServerKind.MONGO)
  static final class NeedsMongo {
    static final TestServer MONGO = Servers.shared(ServerKind.MONGO);

    @Test
    void is_never_run() {
      assertThat(MONGO).isNull();
    }
  }
}
