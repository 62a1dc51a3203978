package io.millrace.examples.monolith;

import io.millrace.cdc.codec.ProtobufCodec;
import io.millrace.cdc.position.Lease;
import io.millrace.cdc.position.Position;
import io.millrace.cdc.position.PositionStore;
import io.millrace.cdc.source.Source;
import io.millrace.cdc.source.SourceBatch;
import io.millrace.cdc.source.SourceReader;
import io.millrace.cdc.transport.Delivery;
import io.millrace.cdc.transport.Subscriber;
import io.millrace.cdc.transport.Subscription;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** A side's parts in which one rule of the library does not hold: what a judge must notice. */
enum BrokenRule {
  NONE {
    @Override
    Sync.Parts in(Sync.Parts parts) {
      return parts;
    }
  },
  /** A position is saved when it was read, not when everything before it is acknowledged. */
  SAVED_EARLY {
    @Override
    Sync.Parts in(Sync.Parts parts) {
      AtomicReference<@Nullable Lease> lease = new AtomicReference<>();
      AtomicReference<@Nullable Position> newest = new AtomicReference<>();
      PositionStore store = parts.positions();
      PositionStore positions =
          Around.each(
              PositionStore.class,
              store,
              call -> {
                if (call.name().equals("save") && newest.get() != null) {
                  call.arguments()[1] = Optional.of(newest.get());
                }
                Object result = call.proceed();
                if (call.name().equals("acquire") || call.name().equals("renew")) {
                  Object got = result instanceof Optional<?> taken ? taken.orElse(null) : result;
                  lease.set((Lease) got);
                }
                return result;
              });
      Source source =
          Around.each(
              Source.class,
              parts.source(),
              call -> {
                Object result = call.proceed();
                return call.name().equals("open")
                    ? Around.each(
                        SourceReader.class,
                        (SourceReader) result,
                        reading -> readAndSave(reading, store, lease, newest))
                    : result;
              });
      return new Sync.Parts(
          parts.side(),
          parts.database(),
          source,
          parts.publisher(),
          positions,
          parts.subscriber(),
          parts.target());
    }
  },
  /** The shared rule without its half: own events are not read back. */
  OWN_EVENTS_SKIPPED {
    @Override
    Sync.Parts in(Sync.Parts parts) {
      Subscriber subscriber =
          Around.each(
              Subscriber.class,
              parts.subscriber(),
              call -> {
                Object result = call.proceed();
                return call.name().equals("open")
                    ? Around.each(
                        Subscription.class,
                        (Subscription) result,
                        polling -> withoutOwn(polling, parts.side()))
                    : result;
              });
      return new Sync.Parts(
          parts.side(),
          parts.database(),
          parts.source(),
          parts.publisher(),
          parts.positions(),
          subscriber,
          parts.target());
    }
  };

  abstract Sync.Parts in(Sync.Parts parts);

  private static @Nullable Object readAndSave(
      Around.Call call,
      PositionStore store,
      AtomicReference<@Nullable Lease> lease,
      AtomicReference<@Nullable Position> newest)
      throws Throwable {
    Object result = call.proceed();
    Lease held = lease.get();
    if (result instanceof SourceBatch batch
        && !batch.events().isEmpty()
        && batch.position() != null
        && held != null) {
      newest.set(batch.position());
      store.save(held, Optional.of(batch.position()), ((SourceReader) call.inner()).epoch());
    }
    return result;
  }

  @SuppressWarnings("unchecked")
  private static @Nullable Object withoutOwn(Around.Call call, String side) throws Throwable {
    Object result = call.proceed();
    if (!call.name().equals("poll")) {
      return result;
    }
    return ((List<Delivery>) result)
        .stream()
            .filter(
                delivery ->
                    !ProtobufCodec.instance().decode(delivery.event()).source().equals(side))
            .toList();
  }
}
