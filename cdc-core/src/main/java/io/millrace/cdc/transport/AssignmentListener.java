package io.millrace.cdc.transport;

import java.util.Map;
import java.util.Set;

/**
 * Says where to read on, because offsets live in the target. Called on the polling thread, inside
 * {@link Subscription#poll}.
 */
public interface AssignmentListener {
  /**
   * Partitions were assigned.
   *
   * @return the first offset to deliver for each of them
   */
  Map<Integer, StartOffset> assigned(Channel channel, Set<Integer> partitions);

  /**
   * The subscription stands where {@link #assigned} said: what "oldest" and "newest" came to, by
   * partition. Called before the first delivery of any of them. Does nothing by default.
   */
  default void placed(Map<Integer, Long> offsets) {}

  /**
   * Partitions were taken away: what was polled from them and is not committed belongs to somebody
   * else now.
   */
  void revoked(Set<Integer> partitions);
}
