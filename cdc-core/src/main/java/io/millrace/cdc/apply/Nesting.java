package io.millrace.cdc.apply;

import io.millrace.cdc.internal.Check;
import java.util.List;

/**
 * An aggregate: what one database keeps as a list inside a document, another keeps as rows of a
 * child table.
 *
 * <p>An event of the parent that carries the list as a field is applied to parent and children: an
 * element that is missing in the list is deleted, one that differs from what stood in the channel
 * before is written. In shared mode, where the event knows the list as it was before, only what its
 * writer did to it counts: what he took out is deleted, what he changed is written, and what
 * another site added meanwhile stays. An event of a child, where it comes as one, is an event of
 * the same row. All of them wait behind the parent's key where one of them is refused.
 *
 * @param parent entity of the documents
 * @param field the parent's field that holds the list, a path like {@code delivery.lines} where it
 *     lies deeper
 * @param child entity of the elements
 * @param parentKey the child's fields that hold the parent's key, in the order of that key
 * @param key the child's fields that name it, in the order of its own key; those of the parent's
 *     key may be among them
 */
public record Nesting(
    String parent, String field, String child, List<String> parentKey, List<String> key) {
  /** Copies the lists and checks that nothing is empty. */
  public Nesting {
    Check.notBlank(parent, "parent");
    Check.notBlank(field, "field");
    Check.notBlank(child, "child");
    parentKey = List.copyOf(parentKey);
    key = List.copyOf(key);
    Check.argument(
        !parentKey.isEmpty(), "the child '%s' needs the fields that hold its parent's key", child);
    Check.argument(!key.isEmpty(), "the child '%s' needs a key", child);
    Check.argument(!parent.equals(child), "'%s' cannot be its own child", parent);
  }
}
