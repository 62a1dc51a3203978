package io.millrace.cdc.position;

import io.millrace.cdc.error.PositionException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One pipeline's record as a text file, replaced as a whole: either the old or the new one is
 * there.
 */
final class PositionFile {
  private static final String HEAD = "millrace-position ";

  /** The format of a file with gaps, which an older release would not keep. */
  private static final int WITH_GAPS = 2;

  private final Path file;
  private final String pipeline;

  PositionFile(Path file, String pipeline) {
    this.file = file;
    this.pipeline = pipeline;
  }

  /** The record; null where there is no file. */
  @Nullable PositionRecord read() throws IOException {
    String text;
    try {
      text = Files.readString(file);
    } catch (NoSuchFileException e) {
      return null;
    }
    String[] lines = text.split("\n", -1);
    if (!lines[0].startsWith(HEAD)) {
      throw damaged("its first line is '" + lines[0] + "'");
    }
    try {
      PositionRecord.checkFormat(
          Integer.parseInt(lines[0].substring(HEAD.length())),
          WITH_GAPS,
          file.toString(),
          pipeline);
      return parse(fields(lines));
    } catch (NumberFormatException e) {
      throw damaged(String.valueOf(e.getMessage()));
    }
  }

  void write(PositionRecord record) throws IOException {
    Path next = file.resolveSibling(file.getFileName() + ".next");
    try (FileChannel channel =
        FileChannel.open(
            next,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      ByteBuffer bytes = ByteBuffer.wrap(format(record).getBytes(StandardCharsets.UTF_8));
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      channel.force(true);
    }
    Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    sync(file.toAbsolutePath().getParent());
  }

  /** The rename is durable only when the directory is; some platforms cannot open one. */
  static void sync(@Nullable Path directory) throws IOException {
    if (directory == null || System.getProperty("os.name", "").startsWith("Windows")) {
      return;
    }
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  private String format(PositionRecord record) {
    int written = record.gaps().isEmpty() ? PositionRecord.FORMAT : WITH_GAPS;
    StringBuilder text = new StringBuilder(HEAD).append(written).append('\n');
    text.append("pipeline ").append(pipeline).append('\n');
    text.append("token ").append(record.token()).append('\n');
    text.append("owner ").append(record.owner().replace('\n', ' ')).append('\n');
    text.append("lease-until ").append(record.leaseUntilMillis()).append('\n');
    text.append("epoch ").append(record.epoch()).append('\n');
    text.append("saved-at ").append(record.savedAtMillis()).append('\n');
    append(text, "position", record.position());
    for (int i = 0; i < record.gaps().size(); i++) {
      AcceptedGap gap = record.gaps().get(i);
      text.append(gap(i, "at ")).append(gap.acceptedAt().toEpochMilli()).append('\n');
      text.append(gap(i, "epoch ")).append(gap.epoch()).append('\n');
      append(text, gap(i, "from"), gap.from().orElse(null));
      append(text, gap(i, "to"), gap.to());
      text.append(gap(i, "reason ")).append(gap.reason()).append('\n');
    }
    // The last line, so that a file cut short is not taken for a whole one.
    return text.append("end\n").toString();
  }

  private static String gap(int number, String field) {
    return "gap-" + number + "-" + field;
  }

  private static void append(StringBuilder text, String name, @Nullable Position position) {
    if (position != null) {
      text.append(name).append("-kind ").append(position.kind()).append('\n');
      text.append(name).append("-format ").append(position.format()).append('\n');
      text.append(name).append(' ').append(position.text()).append('\n');
    }
  }

  private Map<String, String> fields(String[] lines) {
    Map<String, String> fields = new LinkedHashMap<>();
    for (int i = 1; i < lines.length; i++) {
      int space = lines[i].indexOf(' ');
      if (space > 0) {
        fields.put(lines[i].substring(0, space), lines[i].substring(space + 1));
      } else if (lines[i].equals("end")) {
        return fields;
      }
    }
    throw damaged("its last line is missing");
  }

  private PositionRecord parse(Map<String, String> fields) {
    return new PositionRecord(
        Long.parseLong(field(fields, "token")),
        field(fields, "owner"),
        Long.parseLong(field(fields, "lease-until")),
        fields.containsKey("position") ? position(fields, "position") : null,
        Long.parseLong(field(fields, "epoch")),
        Long.parseLong(field(fields, "saved-at")),
        gaps(fields));
  }

  private List<AcceptedGap> gaps(Map<String, String> fields) {
    List<AcceptedGap> gaps = new ArrayList<>();
    for (int i = 0; fields.containsKey(gap(i, "at")); i++) {
      String from = gap(i, "from");
      gaps.add(
          new AcceptedGap(
              Instant.ofEpochMilli(Long.parseLong(field(fields, gap(i, "at")))),
              field(fields, gap(i, "reason")),
              fields.containsKey(from) ? Optional.of(position(fields, from)) : Optional.empty(),
              position(fields, gap(i, "to")),
              Long.parseLong(field(fields, gap(i, "epoch")))));
    }
    return List.copyOf(gaps);
  }

  private Position position(Map<String, String> fields, String name) {
    return new Position(
        field(fields, name + "-kind"),
        Integer.parseInt(field(fields, name + "-format")),
        field(fields, name));
  }

  private String field(Map<String, String> fields, String name) {
    String value = fields.get(name);
    if (value == null) {
      throw damaged("it has no '" + name + "'");
    }
    return value;
  }

  private PositionException damaged(String how) {
    return new PositionException(
        "%s is not a position file: %s. Restore it, or remove it and decide where pipeline '%s' starts."
            .formatted(file, how, pipeline));
  }
}
