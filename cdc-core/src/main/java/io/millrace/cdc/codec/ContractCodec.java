package io.millrace.cdc.codec;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UninitializedMessageException;
import io.millrace.cdc.error.ConfigurationException;
import io.millrace.cdc.error.EventException;
import io.millrace.cdc.event.ChangeEvent;
import io.millrace.cdc.event.ChangeType;
import io.millrace.cdc.internal.Check;
import io.millrace.cdc.internal.Invariant;
import java.io.IOException;
import java.time.DateTimeException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * A team's own protobuf message as the wire form of events, bound by its descriptor: no generated
 * code of ours, no annotation in theirs.
 *
 * <p>The body is the team's message and nothing else, so their readers need not know this library.
 * What the message cannot carry (log, version, typed key, hops, …) travels in transport headers
 * that begin with {@value #HEADER_PREFIX}, and with them an event comes back equal, except for what
 * {@link Mapping#leaveOut} keeps back. A message without the headers for log and version is refused
 * by name: an applier could not tell old from new. The rest is derived where it is missing: the
 * entity where the message belongs to one alone or to a oneof, the key where {@link Mapping#key}
 * names it.
 *
 * <p><b>Growth.</b> Fields of the message that this codec does not know or map, and values of enums
 * that it does not know, are kept in the event's header {@value #UNKNOWN_HEADER}, and written back
 * when the event is encoded again by a codec of the same message. A new value of a model's enum is
 * a raw value of the row (in a list of a closed enum it is refused: protobuf does not tell where it
 * stood). A row whose message has model fields that the reader's descriptor lacks is partial. A
 * model field that the writer did not know is left out, never read as 0 or empty (within a nested
 * document, a field without presence is: make such fields optional).
 *
 * <p>Immutable; used by any number of threads.
 */
public final class ContractCodec implements EventCodec {
  /** What the names of all transport headers of this codec begin with. */
  public static final String HEADER_PREFIX = "millrace-";

  /** Header of an event: what its message held and this codec did not know. */
  public static final String UNKNOWN_HEADER = "millrace-unknown";

  private static final String CONTENT_TYPE = "application/x-protobuf";

  private final Map<String, ContractEntity> byEntity;

  private ContractCodec(Map<String, ContractEntity> byEntity) {
    this.byEntity = byEntity;
  }

  /** A builder; it needs at least one entity. */
  public static Builder builder() {
    return new Builder();
  }

  /** {@code application/x-protobuf}; what is written adds {@code ;message=} and the full name. */
  @Override
  public String contentType() {
    return CONTENT_TYPE;
  }

  private static String contentType(ContractEntity entity) {
    return CONTENT_TYPE + ";message=" + entity.descriptor().getFullName();
  }

  @Override
  public Encoded encode(ChangeEvent event) {
    ContractEntity entity = byEntity.get(event.entity());
    if (entity == null) {
      throw new EventException(
          "Cannot encode %s: its entity has no contract, known are %s. Bind it with ContractCodec.builder().entity(\"%s\", …)."
              .formatted(event, byEntity.keySet(), event.entity()));
    }
    try {
      ContractHeaders headers = ContractHeaders.of(event);
      byte[] body = entity.toMessage(event, headers).toByteArray();
      headers.put(ProtobufCodec.CONTENT_TYPE_HEADER, contentType(entity));
      return new Encoded(body, headers.asMap());
    } catch (IllegalArgumentException | UninitializedMessageException cause) {
      throw new EventException("Cannot encode " + event + ": " + cause.getMessage(), cause);
    }
  }

  @Override
  public ChangeEvent decode(Encoded encoded) {
    ContractHeaders headers = new ContractHeaders(encoded.headers());
    String what = "an event of " + encoded.body().length + " bytes";
    try {
      List<ContractEntity> candidates = candidates(headers);
      Descriptor descriptor = candidates.get(0).descriptor();
      what = descriptor.getFullName() + " of " + encoded.body().length + " bytes";
      DynamicMessage message = parse(descriptor, encoded.body());
      ContractEntity entity = candidates.get(0);
      if (candidates.size() > 1) {
        entity = ContractEntity.holder(candidates, message);
      }
      what = "the event of " + entity.name() + "/" + entity.idOf(message);
      headers.checkFormat();
      return entity.toEvent(message, headers);
    } catch (InvalidProtocolBufferException cause) {
      throw new EventException(
          "Cannot decode %s: the bytes are not that message (%s). Does another program write to this channel?"
              .formatted(what, cause.getMessage()),
          cause);
    } catch (IllegalArgumentException | DateTimeException cause) {
      throw new EventException("Cannot decode " + what + ": " + cause.getMessage(), cause);
    }
  }

  private static DynamicMessage parse(Descriptor descriptor, byte[] bytes)
      throws InvalidProtocolBufferException {
    CodedInputStream in = CodedInputStream.newInstance(bytes);
    in.setRecursionLimit(ProtobufCodec.MAX_DEPTH + 10);
    try {
      DynamicMessage message = DynamicMessage.parseFrom(descriptor, in);
      in.checkLastTagWas(0);
      return message;
    } catch (InvalidProtocolBufferException cause) {
      throw cause;
    } catch (IOException cause) {
      throw Invariant.broken("an array cannot be read: %s", cause);
    }
  }

  /** The entities that the headers allow; more than one only where they share a message. */
  private List<ContractEntity> candidates(ContractHeaders headers) {
    String contentType = headers.get(ProtobufCodec.CONTENT_TYPE_HEADER);
    String name = headers.get(ContractHeaders.ENTITY);
    if (name != null) {
      ContractEntity entity = byEntity.get(name);
      if (entity == null) {
        throw new IllegalArgumentException(
            "its entity '%s' has no contract, known are %s".formatted(name, byEntity.keySet()));
      }
      Check.argument(
          contentType == null || contentType.equals(contentType(entity)),
          "it has content type '%s', this codec reads '%s' for entity '%s'. Give the reader the codec that the writer uses.",
          contentType,
          contentType(entity),
          name);
      return List.of(entity);
    }
    List<ContractEntity> candidates = new ArrayList<>();
    for (ContractEntity entity : byEntity.values()) {
      if (contentType == null
          || contentType.equals(CONTENT_TYPE)
          || contentType.equals(contentType(entity))) {
        candidates.add(entity);
      }
    }
    Check.argument(
        !candidates.isEmpty(),
        "it has content type '%s', which is none of this codec's messages",
        contentType);
    Check.argument(
        candidates.stream().map(ContractEntity::descriptor).distinct().count() == 1,
        "neither '%s' nor a content type with ';message=' says which of several messages it is",
        ContractHeaders.ENTITY);
    return candidates;
  }

  /** Collects the entities of a codec. Not safe for use by several threads. */
  public static final class Builder {
    private final Map<String, ContractEntity> entities = new LinkedHashMap<>();
    private final List<String> problems = new ArrayList<>();

    private Builder() {}

    /**
     * Binds an entity to a message. Several entities may share one message if their models are
     * different fields of it, such as those of a oneof.
     *
     * @param entity name as the events have it
     * @param message e.g. {@code OrderChanged.getDescriptor()}
     * @param mapping says what differs from the defaults, see {@link Mapping}
     */
    public Builder entity(String entity, Descriptor message, Consumer<Mapping> mapping) {
      Check.notBlank(entity, "entity");
      Mapping chosen = new Mapping();
      mapping.accept(chosen);
      if (entities.containsKey(entity)) {
        problems.add("entity '" + entity + "' is bound twice");
      }
      ContractBinder binder = new ContractBinder(entity, message, chosen);
      entities.put(entity, binder.bind());
      problems.addAll(binder.problems());
      return this;
    }

    /** As {@link #entity(String, Descriptor, Consumer)} with the defaults. */
    public Builder entity(String entity, Descriptor message) {
      return entity(entity, message, mapping -> {});
    }

    /**
     * The codec.
     *
     * @throws ConfigurationException with everything that does not fit
     */
    public ContractCodec build() {
      List<String> found = new ArrayList<>(problems);
      if (entities.isEmpty()) {
        found.add("no entity is bound: call entity(…)");
      }
      Map<Object, String> models = new LinkedHashMap<>();
      entities.forEach(
          (name, entity) -> {
            Object model = entity.modelField();
            String other = model == null ? null : models.put(model, name);
            if (other != null) {
              found.add(
                  "entities '%s' and '%s' share the model field %s: nothing in a message tells them apart"
                      .formatted(other, name, model));
            }
          });
      if (!found.isEmpty()) {
        throw new ConfigurationException("the contract codec", found);
      }
      return new ContractCodec(Map.copyOf(entities));
    }
  }

  /**
   * How one entity's events and a message belong together. By default the message's fields have the
   * contract's names ({@code id}, {@code type}, {@code new_val}, {@code old_val} if there is one,
   * {@code changed_fields}, {@code source}, {@code changed_at}), a model field is the row field of
   * the same name, and an enum's values are found by their names, with or without the enum's own
   * name in front ({@code CHANGE_TYPE_CREATED}), whatever the case.
   */
  public static final class Mapping {
    final Map<String, String> roles = new LinkedHashMap<>();
    final Map<String, String> renames = new LinkedHashMap<>();
    final Map<String, String> services = new LinkedHashMap<>();
    final Map<ChangeType, String> types = new LinkedHashMap<>();
    final Map<String, String> changed = new LinkedHashMap<>();
    final List<String> rowFields = new ArrayList<>();
    final List<String> leftOut = new ArrayList<>();
    final List<String> ignored = new ArrayList<>();
    final List<String> key = new ArrayList<>();
    boolean camelCase;

    private Mapping() {}

    /** The message's field for the id: a string. */
    public Mapping id(String field) {
      return role(ContractBinder.ID, field);
    }

    /** The message's field for the type: an enum. */
    public Mapping type(String field) {
      return role(ContractBinder.TYPE, field);
    }

    /** The message's field for the state after the change: the model message. */
    public Mapping newValue(String field) {
      return role(ContractBinder.NEW_VALUE, field);
    }

    /** The message's field for the state before; without one it travels in a header. */
    public Mapping oldValue(String field) {
      return role(ContractBinder.OLD_VALUE, field);
    }

    /**
     * The message's field for what changed: a repeated enum or repeated strings (names of the
     * model's fields).
     */
    public Mapping changedFields(String field) {
      return role(ContractBinder.CHANGED_FIELDS, field);
    }

    /** The message's field for the service: an enum or a string. */
    public Mapping source(String field) {
      return role(ContractBinder.SOURCE, field);
    }

    /** The message's field for the time: a google.protobuf.Timestamp. */
    public Mapping changedAt(String field) {
      return role(ContractBinder.CHANGED_AT, field);
    }

    private Mapping role(String role, String field) {
      roles.put(role, Check.notBlank(field, "field"));
      return this;
    }

    /**
     * The fields that rows have, so that each of them is checked at the start and found in the
     * model in snake or camel case.
     */
    public Mapping fields(String... names) {
      rowFields.addAll(List.of(names));
      return this;
    }

    /** Row fields are the camel case of the model's: {@code totalCents} for total_cents. */
    public Mapping camelCase() {
      camelCase = true;
      return this;
    }

    /** A row field that the model calls otherwise. */
    public Mapping rename(String rowField, String modelField) {
      renames.put(rowField, modelField);
      return this;
    }

    /** Row fields that are not sent, in no form; rows that are read are partial then. */
    public Mapping leaveOut(String... names) {
      leftOut.addAll(List.of(names));
      return this;
    }

    /** Model fields that no row field fills; what they hold passes through as unknown. */
    public Mapping ignore(String... modelFields) {
      ignored.addAll(List.of(modelFields));
      return this;
    }

    /** The row fields of the key, in key order, for messages whose headers do not carry it. */
    public Mapping key(String... names) {
      key.addAll(List.of(names));
      return this;
    }

    /** The enum's value for a service's tag; needed for every value where the source is an enum. */
    public Mapping service(String tag, String enumValue) {
      services.put(tag, enumValue);
      return this;
    }

    /** The enum's value for a type, where the name does not say it. Several types may share one. */
    public Mapping type(ChangeType type, String enumValue) {
      types.put(type, enumValue);
      return this;
    }

    /** The enum's value for a changed row field, where the name does not say it. */
    public Mapping changedField(String rowField, String enumValue) {
      changed.put(rowField, enumValue);
      return this;
    }
  }
}
