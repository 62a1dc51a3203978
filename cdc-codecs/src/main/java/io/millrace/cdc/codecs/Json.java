package io.millrace.cdc.codecs;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A parsed piece of JSON that keeps what it cannot judge: numbers as text, members in order. */
sealed interface Json {
  /** The one null. */
  Json NULL = new Nothing();

  /** What it is, for a message; without the data in it. */
  String describe();

  /** A null. */
  record Nothing() implements Json {
    @Override
    public String describe() {
      return "null";
    }
  }

  /** True or false. */
  record Bool(boolean value) implements Json {
    @Override
    public String describe() {
      return "a boolean";
    }
  }

  /** A number as it is written. */
  record Numeric(String text) implements Json {
    @Override
    public String describe() {
      return "the number " + text;
    }
  }

  /** A string. */
  record Text(String value) implements Json {
    @Override
    public String describe() {
      return "a string of " + value.length() + " characters";
    }
  }

  /** An array. */
  record Items(List<Json> values) implements Json {
    @Override
    public String describe() {
      return "an array";
    }
  }

  /** An object; the order of its members is kept. */
  record Members(Map<String, Json> values) implements Json {
    Members() {
      this(new LinkedHashMap<>());
    }

    @Override
    public String describe() {
      return "an object";
    }
  }
}
