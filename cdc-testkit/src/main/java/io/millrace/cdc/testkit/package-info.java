/** Real servers for tests. */
@NullMarked
package io.millrace.cdc.testkit;

import org.jspecify.annotations.NullMarked;
