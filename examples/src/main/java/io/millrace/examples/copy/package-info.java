/**
 * Chosen tables and columns of one MySQL (or MariaDB) server copied to another over Kafka, while
 * both processes that copy may be killed at any moment.
 *
 * <p>{@code MySqlCopy} is the program. {@code Copy} is the part that a user would copy, {@code
 * CopyProcess} the two processes around it. What is to come out is said a second time, in plain
 * words and without the library, by {@code CopiedTables}: {@code Clerk} writes the source and
 * journals the events that must follow, {@code Comparison} holds the rows of both databases against
 * each other. The rest of the judge is that of the main job.
 */
@NullMarked
package io.millrace.examples.copy;

import org.jspecify.annotations.NullMarked;
