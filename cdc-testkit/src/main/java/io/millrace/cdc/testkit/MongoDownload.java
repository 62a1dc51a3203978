package io.millrace.cdc.testkit;

import de.flapdoodle.embed.mongo.distribution.Version;
import de.flapdoodle.embed.mongo.transitions.Mongod;
import de.flapdoodle.embed.process.archives.ExtractedFileSet;
import de.flapdoodle.embed.process.io.progress.ProgressListener;
import de.flapdoodle.embed.process.io.progress.Slf4jProgressListener;
import de.flapdoodle.reverse.StateID;
import de.flapdoodle.reverse.TransitionWalker;
import de.flapdoodle.reverse.transitions.Start;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A {@code mongod} from its maker's downloads, by flapdoodle's library, which keeps it in {@code
 * ~/.embedmongo}. Tried once per JVM.
 */
final class MongoDownload {
  private static final Logger LOG = LoggerFactory.getLogger(MongoDownload.class);
  private static final Version.Main NEWEST = Version.Main.V8_0;

  private static @Nullable Path found; // guarded by the class
  private static boolean tried; // guarded by the class

  private MongoDownload() {}

  /** Where the program lies; empty where it cannot be had. */
  static synchronized Optional<Path> mongod(Environment environment) {
    if (environment.get(Environment.DOWNLOADS).filter("off"::equals).isPresent()) {
      return Optional.empty();
    }
    if (!tried) {
      tried = true;
      found = fetch(environment.get(Environment.MONGO_VERSION).orElse(""));
    }
    return Optional.ofNullable(found);
  }

  private static @Nullable Path fetch(String wanted) {
    Version.Main version = wanted.isEmpty() ? NEWEST : version(wanted);
    LOG.info("mongo: looking for {} among what was downloaded, or downloading it", version);
    try (TransitionWalker.ReachedState<ExtractedFileSet> files =
        Mongod.instance()
            .withProgressListener(
                Start.to(ProgressListener.class).initializedWith(new Slf4jProgressListener(LOG)))
            .transitions(version)
            .walker()
            .initState(StateID.of(ExtractedFileSet.class))) {
      return files.current().executable();
    } catch (RuntimeException e) {
      LOG.info("mongo: {} cannot be downloaded: {}", version, rootOf(e).toString());
      return null;
    }
  }

  private static Version.Main version(String wanted) {
    String name = "V" + wanted.replace('.', '_');
    try {
      return Version.Main.valueOf(name);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          Environment.MONGO_VERSION
              + "="
              + wanted
              + " is not among the versions that can be downloaded; name one such as 8.0",
          e);
    }
  }

  private static Throwable rootOf(Throwable e) {
    Throwable root = e;
    for (Throwable cause = root.getCause(); cause != null; cause = root.getCause()) {
      root = cause;
    }
    return root;
  }
}
