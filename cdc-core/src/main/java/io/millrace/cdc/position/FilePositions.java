package io.millrace.cdc.position;

import io.millrace.cdc.error.FencedException;
import io.millrace.cdc.error.PositionException;
import io.millrace.cdc.internal.Ambient;
import io.millrace.cdc.internal.Check;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Keeps positions as files in a directory, one per pipeline, for pipelines on one machine.
 *
 * <p>A file is replaced atomically and flushed with its directory before {@code save} returns. Each
 * call holds a lock file's lock meanwhile, across processes and within one; the lease itself stands
 * in the file, with its token and its end by this machine's clock. Not for network file systems.
 * Safe for use by several threads.
 */
public final class FilePositions implements PositionStore {
  /** A file lock excludes other processes only; these exclude other users within this one. */
  private static final Map<Path, ReentrantLock> IN_PROCESS = new ConcurrentHashMap<>();

  private final Path directory;
  private final Clock clock;

  private FilePositions(Path directory, Clock clock) {
    this.directory = directory.toAbsolutePath().normalize();
    this.clock = clock;
  }

  /**
   * A store in a directory.
   *
   * @param directory made when it is missing, at the first use
   */
  public static FilePositions in(Path directory) {
    return in(directory, Ambient.clock());
  }

  /**
   * A store in a directory that measures leases by a clock.
   *
   * @param directory made when it is missing, at the first use
   * @param clock must be the same for all instances
   */
  public static FilePositions in(Path directory, Clock clock) {
    return new FilePositions(Check.notNull(directory, "directory"), Check.notNull(clock, "clock"));
  }

  @Override
  public String describe() {
    return "directory " + directory;
  }

  @Override
  public Optional<Lease> acquire(String pipeline, String owner, Duration duration) {
    return locked(
        pipeline,
        file -> {
          PositionRecord record = file.read();
          long now = clock.millis();
          if (record == null) {
            record = new PositionRecord(0, owner, 0, null, 0, 0, List.of());
          } else if (record.leaseUntilMillis() > now) {
            return Optional.empty();
          }
          PositionRecord taken = record.taken(owner, now + duration.toMillis());
          file.write(taken);
          return Optional.of(lease(pipeline, taken));
        });
  }

  @Override
  public Lease renew(Lease lease, Duration duration) {
    return locked(
        lease.pipeline(),
        file -> {
          PositionRecord renewed = owned(file, lease).until(clock.millis() + duration.toMillis());
          file.write(renewed);
          return lease(lease.pipeline(), renewed);
        });
  }

  @Override
  public void release(Lease lease) {
    locked(
        lease.pipeline(),
        file -> {
          PositionRecord record = file.read();
          if (record != null && record.token() == lease.token()) {
            file.write(record.until(0));
          }
          return lease;
        });
  }

  @Override
  public Optional<StoredPosition> load(Lease lease) {
    return locked(lease.pipeline(), file -> owned(file, lease).stored());
  }

  @Override
  public void save(Lease lease, Optional<Position> position, long epoch) {
    locked(
        lease.pipeline(),
        file -> {
          PositionRecord record = owned(file, lease);
          file.write(record.saved(position.orElse(null), epoch, clock.millis()));
          return lease;
        });
  }

  /** In the file itself. */
  @Override
  public void saveAfter(Lease lease, AcceptedGap gap) {
    locked(
        lease.pipeline(),
        file -> {
          file.write(owned(file, lease).after(gap, clock.millis()));
          return lease;
        });
  }

  @Override
  public List<AcceptedGap> gaps(Lease lease) {
    return locked(lease.pipeline(), file -> owned(file, lease).gaps());
  }

  /** One file per event in the directory {@code <pipeline>.unpublished}. */
  @Override
  public Optional<UnpublishedEvents> unpublished() {
    return Optional.of(new Unpublished());
  }

  @Override
  public void close() {
    // Files are open only within a call.
  }

  private PositionRecord owned(PositionFile file, Lease lease) throws IOException {
    PositionRecord record = file.read();
    if (record == null || record.token() != lease.token()) {
      throw fenced(lease, record);
    }
    return record;
  }

  private FencedException fenced(Lease lease, @Nullable PositionRecord record) {
    return new FencedException(
        "Pipeline '%s' of %s (token %s) was taken over: %s holds %s."
            .formatted(
                lease.pipeline(),
                lease.owner(),
                lease.token(),
                describe(),
                record == null
                    ? "nothing about it any more"
                    : "token " + record.token() + " of " + record.owner()));
  }

  private static Lease lease(String pipeline, PositionRecord record) {
    return new Lease(
        pipeline, record.owner(), record.token(), Instant.ofEpochMilli(record.leaseUntilMillis()));
  }

  private final class Unpublished implements UnpublishedEvents {
    @Override
    public void save(
        Lease lease, Optional<Position> position, long epoch, List<UnpublishedEvent> events) {
      locked(
          lease.pipeline(),
          file -> {
            PositionRecord record = owned(file, lease);
            files(lease).add(events, clock.millis());
            file.write(record.saved(position.orElse(null), epoch, clock.millis()));
            return lease;
          });
    }

    @Override
    public List<UnpublishedKey> keys(Lease lease) {
      return inOwned(lease, UnpublishedFiles::keys);
    }

    @Override
    public Optional<Waiting> next(Lease lease, String routingKey, long after) {
      return inOwned(lease, files -> files.next(routingKey, after));
    }

    @Override
    public void release(Lease lease, String routingKey, long upTo) {
      inOwned(
          lease,
          files -> {
            files.release(routingKey, upTo);
            return lease;
          });
    }

    private <T> T inOwned(Lease lease, FileWork<T> work) {
      return locked(
          lease.pipeline(),
          file -> {
            owned(file, lease);
            return work.with(files(lease));
          });
    }

    private UnpublishedFiles files(Lease lease) {
      return new UnpublishedFiles(
          directory.resolve(lease.pipeline() + ".unpublished"), lease.pipeline());
    }
  }

  private interface FileWork<T> {
    T with(UnpublishedFiles files) throws IOException;
  }

  private interface Work<T> {
    T with(PositionFile file) throws IOException;
  }

  private <T> T locked(String pipeline, Work<T> work) {
    Check.argument(
        pipeline.matches("[A-Za-z0-9._-]{1,100}"),
        "'%s' cannot name a file: use letters, digits, dots, underscores and hyphens",
        pipeline);
    Path lockFile = directory.resolve(pipeline + ".lock");
    ReentrantLock inProcess = IN_PROCESS.computeIfAbsent(lockFile, path -> new ReentrantLock());
    inProcess.lock();
    try {
      Files.createDirectories(directory);
      try (FileChannel channel =
              FileChannel.open(lockFile, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
          FileLock lock = channel.lock()) {
        Check.state(lock.isValid(), "the lock of %s is not valid", lockFile);
        return work.with(new PositionFile(directory.resolve(pipeline + ".position"), pipeline));
      }
    } catch (IOException e) {
      throw new PositionException(
          "Cannot use the position of pipeline '%s' in %s: %s. Check that it may be written and has room."
              .formatted(pipeline, describe(), e),
          e,
          true);
    } finally {
      inProcess.unlock();
    }
  }
}
