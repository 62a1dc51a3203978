package io.millrace.cdc.mongo;

import com.mongodb.MongoBulkWriteException;
import com.mongodb.MongoException;
import com.mongodb.MongoNodeIsRecoveringException;
import com.mongodb.MongoNotPrimaryException;
import com.mongodb.MongoSecurityException;
import com.mongodb.MongoSocketException;
import com.mongodb.MongoTimeoutException;
import io.millrace.cdc.apply.RejectedException;
import io.millrace.cdc.apply.RestartException;
import io.millrace.cdc.error.ApplyException;
import java.util.Locale;
import java.util.Set;

/** What the driver throws at an applier. Source: MongoDB's error_codes.yml. */
final class TargetErrors {
  private static final int UNAUTHORIZED = 13;
  private static final int INVALID_NAMESPACE = 73;
  private static final Set<Integer> DUPLICATE = Set.of(11000, 11001, 12582);

  /**
   * Refusals of data: BadValue, TypeMismatch, Overflow (documents in documents), PathNotViable,
   * ConflictingUpdateOperators, DollarPrefixedFieldName, InvalidIdField, NotSingleValueField,
   * EmptyFieldName, DottedFieldName, ImmutableField, DocumentValidationFailure,
   * InvalidPipelineOperator (a field's name that a server before 5.0 cannot set),
   * CannotIndexParallelArrays, BSONObjectTooLarge, KeyTooLong, what geographic and text indexes
   * cannot take, and documents over 16 MB.
   */
  private static final Set<Integer> REFUSED =
      Set.of(
          2, 14, 15, 28, 40, 52, 53, 54, 56, 57, 66, 121, 168, 171, 10334, 16755, 16766, 17261,
          17262, 17280, 17419, 17420);

  /** From here on, codes have no names and are each of one check of what is written. */
  private static final int FIRST_OF_CHECKS = 10_000;

  /** But for a few: NotWritablePrimary and its kin, interrupted by shutdown, OutOfDiskSpace. */
  private static final Set<Integer> NO_CHECKS =
      Set.of(10058, 10107, 11600, 11601, 11602, 13388, 13435, 13436, 14031);

  private TargetErrors() {}

  static ApplyException translate(TargetSite site, String what, RuntimeException e) {
    String message = String.format(Locale.ROOT, "%s, %s: %s", site, what, e.getMessage());
    if (!(e instanceof MongoException failure)) {
      return new RejectedException(message, e); // no BSON can be made of it
    }
    boolean away =
        failure instanceof MongoSocketException
            || failure instanceof MongoTimeoutException
            || failure instanceof MongoNotPrimaryException
            || failure instanceof MongoNodeIsRecoveringException;
    if (!away && failure.hasErrorLabel(MongoException.TRANSIENT_TRANSACTION_ERROR_LABEL)) {
      return new RestartException(message, e);
    }
    int code = code(failure);
    if (DUPLICATE.contains(code)) {
      return new RejectedException(message, e, true);
    }
    if (REFUSED.contains(code) || isCheck(failure, code)) {
      return new RejectedException(message, e);
    }
    if (code == UNAUTHORIZED) {
      return new ApplyException(
          message + " Grant the privilege; find, insert, update and remove are needed.", e);
    }
    if (failure instanceof MongoSecurityException) {
      return new ApplyException(message + " Check user, password and authSource.", e, true);
    }
    if (code == INVALID_NAMESPACE) {
      return new ApplyException(message + " Map the entity to another collection.", e);
    }
    return new ApplyException(message, e, true);
  }

  /** Whether one of the writes was refused for what it writes, for instance by an index. */
  private static boolean isCheck(MongoException failure, int code) {
    return failure instanceof MongoBulkWriteException
        && code >= FIRST_OF_CHECKS
        && !NO_CHECKS.contains(code);
  }

  static boolean isDuplicate(MongoException e) {
    return DUPLICATE.contains(code(e));
  }

  private static int code(MongoException e) {
    return e instanceof MongoBulkWriteException bulk && !bulk.getWriteErrors().isEmpty()
        ? bulk.getWriteErrors().get(0).getCode()
        : e.getCode();
  }
}
