/**
 * Small helpers shared by the library's own packages and modules. Not API: no public signature
 * mentions a type from here.
 */
@NullMarked
package io.millrace.cdc.internal;

import org.jspecify.annotations.NullMarked;
