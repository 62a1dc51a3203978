package io.millrace.cdc.testkit.contract;

import io.millrace.cdc.apply.Target;
import java.util.List;

/**
 * What {@link MoveContract} needs to know about one engine: rows {@code thing} of an id, a value
 * that fits 32 bits, and a text that only the target has, with what refers to them or lies in them.
 * One harness serves one test; its database is empty.
 */
public interface MoveHarness {
  /** What belongs to a thing and has to go where it goes. */
  enum Child {
    /** In SQL: the server changes its reference with the key. */
    FOLLOWER,
    /** In SQL: the server refuses to change a key that it refers to. */
    STAYER
  }

  /** Makes an empty place for things. */
  void create();

  /** Mirrors entity {@code thing}: its id and its value. */
  Target target();

  /** Id, value and own text of each thing, by id. */
  List<List<Object>> things();

  /** Puts a thing there that no event is about. */
  void put(long id, long value, String own);

  /** Changes what only the target has of a thing. */
  void setOwn(long id, String own);

  /** Id, the thing's id and note of each child, by id. */
  List<List<Object>> children(Child child);

  /** Adds a child to a thing. */
  void putChild(Child child, long id, long thing, String note);

  /** Lets values have 64 bits. */
  void widenValue();

  /** Id and state (1 there, 2 deleted) of each key that the ledger knows, by id. */
  List<List<Object>> ledger();

  /** How many events wait. */
  long held();

  /** Removes all things, and what was applied to them. */
  void clear();
}
