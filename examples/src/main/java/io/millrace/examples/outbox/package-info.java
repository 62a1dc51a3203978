/**
 * An order service that appends events after it wrote its rows, and a consumer that keeps its own
 * view from them; both are killed and started again.
 *
 * <p>{@code OutboxShop} is the program. {@code OrderDesk} is the part that a user would copy,
 * {@code OrderService} and {@code OrderView} are the two processes around the library. The judge is
 * that of the main job: the service's own journal, written with plain SQL in the same transactions,
 * against the topic and the view.
 */
@NullMarked
package io.millrace.examples.outbox;

import org.jspecify.annotations.NullMarked;
