package io.millrace.cdc.apply;

import io.millrace.cdc.internal.Check;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Reads deliveries and commits one target transaction per batch.
 *
 * <p>All methods may be called from any thread. Nothing happens before {@link #start()}.
 */
public final class Applier implements AutoCloseable {
  private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(10);
  private static final Duration COMMAND_TIMEOUT = Duration.ofSeconds(30);

  private final ApplyLoop loop;

  Applier(ApplierConfig config) {
    this.loop = new ApplyLoop(config);
  }

  /**
   * A builder.
   *
   * @param name at most 64 bytes of UTF-8; everything the target stores is under it, so it must
   *     never change
   */
  public static ApplierBuilder builder(String name) {
    return new ApplierBuilder(name);
  }

  /**
   * Starts, and waits until both ends were looked at: the target's tables, grants and types against
   * the mapping (this library's own tables are made where they are missing), and the settings of
   * the channel. Once only.
   *
   * <p>A target or transport that is away is no error: it is tried again for ever, and the status
   * says so. One that answers later than {@link ApplierBuilder#startTimeout} is not waited for
   * here; what is found wrong then shows as {@link ApplierState#FAILED}.
   *
   * @throws io.millrace.cdc.error.ConfigurationException where something can never work, with every
   *     problem of both ends; the applier is {@link ApplierState#FAILED} then, and holds nothing
   */
  public void start() {
    loop.start();
  }

  /** How it is now. */
  public ApplierStatus status() {
    return loop.status();
  }

  /**
   * Waits until everything in the channel, as far as its subscription knows it, is applied or held.
   *
   * @return false when the time ran out, or the applier failed or was closed
   */
  public boolean awaitCaughtUp(Duration timeout) throws InterruptedException {
    return loop.awaitCaughtUp(timeout);
  }

  /** Keys with waiting events, oldest first, at most 10,000; the applier must run. */
  public List<HeldKey> held() {
    return command(Command.Kind.LIST, EntityKey.of("", "")).held();
  }

  /**
   * Tries the waiting events of a key now, in order, parked or not.
   *
   * @return whether nothing of it waits any more
   */
  public boolean replay(EntityKey key) {
    return command(Command.Kind.REPLAY, key).done();
  }

  /**
   * Drops the waiting events of a key for good. Of a key of records that cannot be read only the
   * first one is dropped; what waits behind it goes on.
   *
   * @return whether any waited
   */
  public boolean discard(EntityKey key) {
    return command(Command.Kind.DISCARD, key).done();
  }

  private Command.Answer command(Command.Kind kind, EntityKey key) {
    CompletableFuture<Command.Answer> answer = loop.submit(kind, key);
    try {
      return answer.get(COMMAND_TIMEOUT.toSeconds(), TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while the applier worked on " + kind, e);
    } catch (TimeoutException e) {
      throw new IllegalStateException(
          "The applier did not answer within %s s; its target may be away: %s"
              .formatted(COMMAND_TIMEOUT.toSeconds(), status()),
          e);
    } catch (ExecutionException e) {
      Throwable cause = e.getCause();
      if (cause instanceof RuntimeException failure) {
        throw failure;
      }
      throw new IllegalStateException(cause);
    }
  }

  /** Stops after the batch under way; waits up to 10 seconds; idempotent, in every state. */
  @Override
  public void close() {
    close(CLOSE_TIMEOUT);
  }

  /** Stops after the batch under way; waits up to the timeout. */
  public void close(Duration timeout) {
    Check.argument(!timeout.isNegative(), "timeout must not be negative, got %s", timeout);
    loop.close(timeout);
  }
}
