package io.millrace.cdc.mongo;

import java.util.List;
import org.bson.Document;

/** Which release the server is of. */
record ServerVersion(int major, int minor, int patch) {
  private static final int IMAGES_SINCE = 6;
  private static final int SPLITS_SINCE = 7;
  private static final int SPLITS_PATCH = 9;

  static ServerVersion of(MongoSettings settings) {
    List<Integer> parts =
        settings
            .admin()
            .runCommand(new Document("buildInfo", 1))
            .getList("versionArray", Integer.class);
    return new ServerVersion(parts.get(0), parts.get(1), parts.get(2));
  }

  boolean isAtLeast(int otherMajor, int otherMinor) {
    return major > otherMajor || (major == otherMajor && minor >= otherMinor);
  }

  /** Whether it keeps states before and after a change where a collection asks for it. */
  boolean keepsImages() {
    return major >= IMAGES_SINCE;
  }

  /** Whether it can send an event over 16 MB in parts: from 6.0.9 and from 7.0 on. */
  boolean splitsEvents() {
    return major >= SPLITS_SINCE
        || (major == SPLITS_SINCE - 1 && minor == 0 && patch >= SPLITS_PATCH);
  }

  @Override
  public String toString() {
    return major + "." + minor;
  }
}
