package io.millrace.examples.monolith;

import io.millrace.cdc.apply.Target;
import io.millrace.cdc.apply.TargetSession;
import io.millrace.cdc.apply.TargetTransaction;
import io.millrace.cdc.error.TransportException;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.position.Position;
import io.millrace.cdc.position.PositionStore;
import io.millrace.cdc.source.Source;
import io.millrace.cdc.source.SourceBatch;
import io.millrace.cdc.source.SourceReader;
import io.millrace.cdc.transport.PublishCallback;
import io.millrace.cdc.transport.Publisher;
import io.millrace.cdc.transport.Subscriber;
import io.millrace.cdc.transport.Subscription;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A side's parts with a fuse at every place where it may be made to die. */
final class CrashingParts {
  /** Small, so that transactions and windows come in many parts. */
  static final int POLL_SIZE = 17;

  private final Fuse fuse;
  private final AtomicBoolean acknowledged = new AtomicBoolean();

  private CrashingParts(Fuse fuse) {
    this.fuse = fuse;
  }

  static Sync.Parts of(Sync.Parts parts, Fuse fuse) {
    CrashingParts crashing = new CrashingParts(fuse);
    return new Sync.Parts(
        parts.side(),
        parts.database(),
        Around.each(Source.class, parts.source(), crashing::source),
        Around.each(Publisher.class, parts.publisher(), crashing::publisher),
        Around.each(PositionStore.class, parts.positions(), crashing::positions),
        Around.each(Subscriber.class, parts.subscriber(), crashing::subscriber),
        Around.each(Target.class, parts.target(), crashing::target));
  }

  private @Nullable Object source(Around.Call call) throws Throwable {
    Object result = call.proceed();
    if (call.name().equals("open")) {
      fuse.pass(CrashPoint.TAKE_OVER, 2);
      return Around.each(SourceReader.class, (SourceReader) result, new Reading()::at);
    }
    return result;
  }

  /** Knows what the poll before gave. */
  private final class Reading {
    private Set<String> transactions = Set.of();
    private boolean inTransaction;
    private boolean inWindow;

    @Nullable Object at(Around.Call call) throws Throwable {
      if (call.name().equals("poll")) {
        return poll((SourceReader) call.inner(), call);
      }
      Object result = call.proceed();
      if (call.name().equals("saved") && isInWindow(call.argument(0, Position.class))) {
        fuse.pass(CrashPoint.WINDOW, 1);
      }
      return result;
    }

    private SourceBatch poll(SourceReader reader, Around.Call call) throws InterruptedException {
      if (inTransaction) {
        fuse.pass(CrashPoint.TRANSACTION, 1);
      }
      if (inWindow) {
        fuse.pass(CrashPoint.WINDOW, 0);
      }
      int most = Math.min(POLL_SIZE, call.argument(0, Integer.class));
      SourceBatch batch = reader.poll(most, call.argument(1, Duration.class));
      Set<String> now =
          batch.events().stream().map(ChangeEvent::transactionId).collect(Collectors.toSet());
      boolean goesOn = now.stream().anyMatch(transactions::contains);
      inTransaction = goesOn && now.size() == 1 && batch.events().size() == most;
      inWindow = batch.position() != null && isInWindow(batch.position());
      transactions = now;
      if (goesOn) {
        fuse.pass(CrashPoint.TRANSACTION, 0);
      }
      if (!now.isEmpty()) {
        fuse.pass(CrashPoint.READ, 0);
      }
      return batch;
    }
  }

  /** A PostgreSQL position inside a window names the snapshot that ends it. */
  private static boolean isInWindow(Position position) {
    return position.kind().equals("postgres") && position.text().contains(" to=");
  }

  private @Nullable Object publisher(Around.Call call) throws Throwable {
    if (!call.name().equals("publish")) {
      return call.proceed();
    }
    Acknowledgement callback = new Acknowledgement(call.argument(2, PublishCallback.class));
    call.arguments()[2] = callback;
    call.proceed();
    if (!callback.came) {
      fuse.pass(CrashPoint.PUBLISHED, 0);
    }
    fuse.pass(CrashPoint.TAKE_OVER, 3);
    return null;
  }

  private final class Acknowledgement implements PublishCallback {
    private final PublishCallback inner;
    private volatile boolean came;

    Acknowledgement(PublishCallback inner) {
      this.inner = inner;
    }

    @Override
    public void acknowledged() {
      fuse.pass(CrashPoint.PUBLISHED, 1);
      came = true;
      inner.acknowledged();
      acknowledged.set(true);
      fuse.pass(CrashPoint.ACKNOWLEDGED, 0);
    }

    @Override
    public void failed(TransportException error) {
      came = true;
      inner.failed(error);
    }
  }

  private @Nullable Object positions(Around.Call call) throws Throwable {
    if (call.name().equals("save") && acknowledged.getAndSet(false)) {
      fuse.pass(CrashPoint.ACKNOWLEDGED, 1);
    }
    Object result = call.proceed();
    switch (call.name()) {
      case "acquire" -> {
        if (result instanceof Optional<?> lease && lease.isPresent()) {
          fuse.pass(CrashPoint.TAKE_OVER, 0);
        }
      }
      case "load" -> fuse.pass(CrashPoint.TAKE_OVER, 1);
      case "save" -> fuse.pass(CrashPoint.TAKE_OVER, 4);
      default -> {}
    }
    return result;
  }

  private @Nullable Object subscriber(Around.Call call) throws Throwable {
    Object result = call.proceed();
    if (!call.name().equals("open")) {
      return result;
    }
    return Around.each(
        Subscription.class,
        (Subscription) result,
        inner -> {
          if (inner.name().equals("committed")) {
            fuse.pass(CrashPoint.COMMITTED, 1);
          }
          return inner.proceed();
        });
  }

  private @Nullable Object target(Around.Call call) throws Throwable {
    Object result = call.proceed();
    return call.name().equals("open")
        ? Around.each(TargetSession.class, (TargetSession) result, this::session)
        : result;
  }

  private @Nullable Object session(Around.Call call) throws Throwable {
    Object result = call.proceed();
    if (!call.name().equals("begin")) {
      return result;
    }
    TargetSession session = (TargetSession) call.inner();
    AtomicBoolean holds = new AtomicBoolean();
    return Around.each(
        TargetTransaction.class,
        (TargetTransaction) result,
        inner -> transaction(inner, session, holds));
  }

  private @Nullable Object transaction(Around.Call call, TargetSession session, AtomicBoolean holds)
      throws Throwable {
    Object result = call.proceed();
    switch (call.name()) {
      case "hold" -> holds.set(true);
      case "retried" -> fuse.pass(CrashPoint.HELD, 1);
      case "commit" -> {
        fuse.pass(CrashPoint.COMMITTED, 0);
        if (holds.get()) {
          fuse.pass(CrashPoint.HELD, 0);
        }
        if (fuse.isAt(CrashPoint.HELD, 2) && session.heldCount().events() > 0) {
          fuse.pass(CrashPoint.HELD, 2);
        }
      }
      default -> {}
    }
    return result;
  }
}
