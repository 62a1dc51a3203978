package io.millrace.cdc.position;

import io.millrace.cdc.error.PositionException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a file or a row holds about one pipeline.
 *
 * @param token of the newest lease
 * @param owner of the newest lease
 * @param leaseUntilMillis when it ends, by the store's clock; 0 where it was given back
 * @param position null where none was saved or it was removed by hand
 * @param epoch 0 before the first save
 * @param savedAtMillis by the store's clock; 0 where nothing was ever saved
 * @param gaps that were accepted, oldest first; none where the store keeps them elsewhere
 */
record PositionRecord(
    long token,
    String owner,
    long leaseUntilMillis,
    @Nullable Position position,
    long epoch,
    long savedAtMillis,
    List<AcceptedGap> gaps) {

  /** Format of the record that this release writes. */
  static final int FORMAT = 1;

  static void checkFormat(int format, String where, String pipeline) {
    checkFormat(format, FORMAT, where, pipeline);
  }

  static void checkFormat(int format, int known, String where, String pipeline) {
    if (format > known) {
      throw new PositionException(
          "%s holds pipeline '%s' in format %s; this release knows up to %s. It was written by a newer release: run that one."
              .formatted(where, pipeline, format, known));
    }
  }

  Optional<StoredPosition> stored() {
    return savedAtMillis == 0
        ? Optional.empty()
        : Optional.of(
            new StoredPosition(
                Optional.ofNullable(position), epoch, Instant.ofEpochMilli(savedAtMillis)));
  }

  PositionRecord taken(String newOwner, long untilMillis) {
    return new PositionRecord(
        token + 1, newOwner, untilMillis, position, epoch, savedAtMillis, gaps);
  }

  PositionRecord until(long untilMillis) {
    return new PositionRecord(token, owner, untilMillis, position, epoch, savedAtMillis, gaps);
  }

  PositionRecord saved(@Nullable Position newPosition, long newEpoch, long nowMillis) {
    return new PositionRecord(
        token, owner, leaseUntilMillis, newPosition, newEpoch, nowMillis, gaps);
  }

  PositionRecord after(AcceptedGap gap, long nowMillis) {
    List<AcceptedGap> all = new ArrayList<>(gaps);
    all.add(gap);
    return new PositionRecord(
        token, owner, leaseUntilMillis, gap.to(), gap.epoch(), nowMillis, List.copyOf(all));
  }
}
