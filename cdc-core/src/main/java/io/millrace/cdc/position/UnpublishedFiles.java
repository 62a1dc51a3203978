package io.millrace.cdc.position;

import io.millrace.cdc.error.PositionException;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * One pipeline's held events, one file each, named by their places. Used under the pipeline's lock.
 * Files are durable before the position is: what a crash leaves without it is read a second time.
 */
final class UnpublishedFiles {
  private static final String ENDING = ".event";

  private final Path directory;
  private final String pipeline;

  UnpublishedFiles(Path directory, String pipeline) {
    this.directory = directory;
    this.pipeline = pipeline;
  }

  void add(List<UnpublishedEvent> events, long nowMillis) throws IOException {
    Files.createDirectories(directory);
    List<Path> there = files();
    long place = there.isEmpty() ? 0 : place(there.get(there.size() - 1));
    for (UnpublishedEvent event : events) {
      place++;
      Path file = directory.resolve(String.format(Locale.ROOT, "%019d", place) + ENDING);
      write(file, UnpublishedBytes.file(event, nowMillis));
    }
    PositionFile.sync(directory);
    PositionFile.sync(directory.getParent());
  }

  List<UnpublishedKey> keys() throws IOException {
    Map<String, UnpublishedKey> keys = new LinkedHashMap<>();
    for (Path file : files()) {
      Held held = read(file);
      keys.merge(
          held.event.routingKey(),
          UnpublishedBytes.key(held.event, held.sinceMillis),
          UnpublishedKey::and);
    }
    return new ArrayList<>(keys.values());
  }

  Optional<UnpublishedEvents.Waiting> next(String routingKey, long after) throws IOException {
    for (Path file : files()) {
      if (place(file) > after) {
        UnpublishedEvent event = read(file).event;
        if (event.routingKey().equals(routingKey)) {
          return Optional.of(new UnpublishedEvents.Waiting(place(file), event));
        }
      }
    }
    return Optional.empty();
  }

  void release(String routingKey, long upTo) throws IOException {
    // In order, so that a crash half way leaves the later ones.
    for (Path file : files()) {
      if (place(file) <= upTo && read(file).event.routingKey().equals(routingKey)) {
        Files.delete(file);
      }
    }
  }

  private List<Path> files() throws IOException {
    if (!Files.isDirectory(directory)) {
      return List.of();
    }
    try (Stream<Path> all = Files.list(directory)) {
      return all.filter(file -> file.toString().endsWith(ENDING)).sorted().toList();
    }
  }

  private long place(Path file) {
    String name = String.valueOf(file.getFileName());
    try {
      return Long.parseLong(name.substring(0, name.length() - ENDING.length()));
    } catch (NumberFormatException e) {
      throw damaged(file, e);
    }
  }

  private Held read(Path file) {
    try (DataInputStream in =
        new DataInputStream(new BufferedInputStream(Files.newInputStream(file)))) {
      int format = in.readInt();
      UnpublishedBytes.checkFormat(format, file.toString(), pipeline);
      long since = in.readLong();
      return new Held(since, UnpublishedBytes.event(format, in));
    } catch (IOException e) {
      throw damaged(file, e);
    }
  }

  private PositionException damaged(Path file, Exception e) {
    return new PositionException(
        "%s is not a held event of pipeline '%s': %s. Restore it; removing it loses the event."
            .formatted(file, pipeline, e),
        e,
        false);
  }

  private static void write(Path file, byte[] bytes) throws IOException {
    Path next = file.resolveSibling(file.getFileName() + ".next");
    try (FileChannel channel =
        FileChannel.open(
            next,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      ByteBuffer buffer = ByteBuffer.wrap(bytes);
      while (buffer.hasRemaining()) {
        channel.write(buffer);
      }
      channel.force(true);
    }
    Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  private record Held(long sinceMillis, UnpublishedEvent event) {}
}
