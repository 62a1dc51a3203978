package io.millrace.examples.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import io.millrace.cdc.apply.Applier;
import io.millrace.cdc.apply.ApplierState;
import io.millrace.cdc.apply.Target;
import io.millrace.cdc.apply.Unmapped;
import io.millrace.cdc.codec.ProtobufCodec;
import io.millrace.cdc.error.MillraceException;
import io.millrace.cdc.error.TransportException;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.ChangeType;
import io.millrace.cdc.event.Row;
import io.millrace.cdc.event.Value;
import io.millrace.cdc.event.Version;
import io.millrace.cdc.pipeline.Pipeline;
import io.millrace.cdc.pipeline.PipelineState;
import io.millrace.cdc.position.FilePositions;
import io.millrace.cdc.source.FirstStart;
import io.millrace.cdc.source.Source;
import io.millrace.cdc.testkit.Database;
import io.millrace.cdc.testkit.ServerCertificate;
import io.millrace.cdc.testkit.ServerKind;
import io.millrace.cdc.testkit.ServerOptions;
import io.millrace.cdc.testkit.SqlServer;
import io.millrace.cdc.transport.PublishCallback;
import io.millrace.cdc.transport.Publisher;
import io.millrace.cdc.transport.inprocess.InProcessTransport;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * A source and a target behind TLS: who is not trusted is told so at the start, with the remedy,
 * and who was trusted before is waited for.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class TlsContract {
  private static final Duration PATIENCE = Duration.ofSeconds(90);

  /** In the certificate; the same server's address is not. */
  private static final String NAMED = "localhost";

  private static final String UNNAMED = "127.0.0.1";

  final ServerCertificate certificate = ServerCertificate.make("dns:" + NAMED);
  final ServerCertificate other = ServerCertificate.make("dns:" + NAMED);
  private ServerCertificate shown = certificate;
  private SqlServer server;
  private Database captured;
  private Database target;
  private InProcessTransport channel;

  abstract ServerKind kind();

  abstract SqlServer start(ServerOptions options);

  /** What makes the driver accept this certificate alone, for the host that it names. */
  abstract String trusting(ServerCertificate trusted);

  /**
   * A source of table {@code item}.
   *
   * @param host where it reads the log, where that is another connection
   * @param trusted and whom it trusts there
   */
  abstract Source source(
      Database database, DataSource dataSource, String host, ServerCertificate trusted);

  /** Makes what the source needs, over a connection without TLS. */
  abstract void install(Database database);

  abstract Target target(DataSource dataSource);

  /** A user that is let in over TLS only, where the engine can say so. */
  abstract Database secured(Database database);

  @BeforeAll
  void startServer() {
    server = start(certificate.options(kind()));
  }

  @AfterAll
  void stopServer() {
    if (server != null) {
      server.close();
    }
  }

  @AfterEach
  void certifyAgain() {
    if (!shown.equals(certificate)) {
      certify(certificate);
    }
  }

  @BeforeEach
  void create() {
    channel = InProcessTransport.builder().name("shop").partitions(1).build();
    Database owner = server.createDatabase("captured");
    owner.execute("create table item (id int primary key, name varchar(40))");
    install(owner);
    captured = secured(owner);
    Database targetOwner = server.createDatabase("target");
    targetOwner.execute("create table item (id int primary key, name varchar(40))");
    target = secured(targetOwner);
  }

  private Pipeline pipeline(Path positions, Source source) {
    return Pipeline.builder("out")
        .from(source)
        .to(channel.publisher())
        .positions(FilePositions.in(positions))
        .firstStart(FirstStart.NOW)
        .saveInterval(Duration.ofMillis(50))
        .retryBackoff(Duration.ofMillis(50), Duration.ofMillis(500))
        .startTimeout(PATIENCE)
        .build();
  }

  private Applier applier(String host, ServerCertificate trusted) {
    return Applier.builder("in")
        .service("billing")
        .from(channel.subscriber("billing"))
        .to(target(target.dataSource(host, trusting(trusted))))
        .unmapped(Unmapped.IGNORE)
        .maxWait(Duration.ofMillis(50))
        .startTimeout(PATIENCE)
        .build();
  }

  private Source source(String host, ServerCertificate trusted) {
    return source(captured, captured.dataSource(host, trusting(trusted)), host, trusted);
  }

  @Test
  void a_trusted_certificate_works_and_one_that_is_renewed_while_running_is_waited_for(
      @TempDir Path positions) throws InterruptedException {
    try (Pipeline pipeline = pipeline(positions, source(NAMED, certificate));
        Applier applier = applier(NAMED, certificate)) {
      pipeline.start();
      applier.start();
      Database owner = server.database(captured.name());
      owner.execute("insert into item values (1, 'one')");
      awaitItems(1);

      certify(other);
      publishUnmapped();
      await()
          .atMost(PATIENCE)
          .until(
              () ->
                  pipeline.status().lastError().orElse("").contains("certificate")
                      && applier.status().lastError().orElse("").contains("certificate"));
      assertThat(pipeline.status().state()).isNotEqualTo(PipelineState.FAILED);
      assertThat(applier.status().state()).isEqualTo(ApplierState.RETRYING);
      certify(certificate);
      owner.execute("insert into item values (2, 'two')");
      awaitItems(2);
    }
  }

  /** Gives the applier something to do, so that it meets its target at once. */
  private void publishUnmapped() throws InterruptedException {
    ChangeEvent event =
        ChangeEvent.builder()
            .type(ChangeType.CREATED)
            .entity("other")
            .key(Row.of("id", Value.of(1)))
            .newValue(Row.of("id", Value.of(1)))
            .source("shop")
            .changedAt(Instant.EPOCH)
            .log("other-00000000")
            .version(Version.of(1, new byte[] {1}))
            .transactionId("1")
            .build();
    try (Publisher publisher = channel.publisher()) {
      publisher.publish("other", ProtobufCodec.instance().encode(event), new Ignoring());
    }
  }

  private void certify(ServerCertificate next) {
    server.stop();
    shown = next;
    next.options(kind()).settings().forEach(server::configure);
    server.start();
  }

  private void awaitItems(int count) {
    await()
        .atMost(PATIENCE)
        .until(() -> server.database(target.name()).number("select count(*) from item") == count);
  }

  @Test
  void a_certificate_that_is_not_trusted_is_refused_at_the_start_with_the_remedy(
      @TempDir Path positions) {
    refused(positions, source(NAMED, other), NAMED, other);
  }

  @Test
  void a_certificate_of_another_host_is_refused_at_the_start_with_the_remedy(
      @TempDir Path positions) {
    refused(positions, source(UNNAMED, certificate), UNNAMED, certificate);
  }

  private void refused(Path positions, Source source, String host, ServerCertificate trusted) {
    try (Pipeline pipeline = pipeline(positions, source);
        Applier applier = applier(host, trusted)) {
      assertThat(problems(pipeline::start)).contains(sourceRemedy());
      assertThat(pipeline.status().state()).isEqualTo(PipelineState.FAILED);
      assertThat(problems(applier::start)).contains("Tell the driver whom to trust");
      assertThat(applier.status().state()).isEqualTo(ApplierState.FAILED);
    }
  }

  String sourceRemedy() {
    return "Tell the driver whom to trust";
  }

  /** What a start is refused for. */
  static String problems(org.assertj.core.api.ThrowableAssert.ThrowingCallable start) {
    MillraceException refused = catchThrowableOfType(MillraceException.class, start);
    assertThat(refused).isNotNull();
    return String.valueOf(refused.getMessage());
  }

  SqlServer server() {
    return server;
  }

  Database captured() {
    return captured;
  }

  /** A pipeline's start that is refused. */
  String refusedPipeline(Path positions, Source source) {
    try (Pipeline pipeline = pipeline(positions, source)) {
      return problems(pipeline::start);
    }
  }

  private static final class Ignoring implements PublishCallback {
    @Override
    public void acknowledged() {}

    @Override
    public void failed(TransportException error) {
      throw new AssertionError(error);
    }
  }
}
