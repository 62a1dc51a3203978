package io.millrace.cdc.testkit;

import java.util.Arrays;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.platform.commons.support.AnnotationSupport;

/** What {@link NeedsServer} does. */
final class NeedsServerExtension implements ExecutionCondition, ParameterResolver {

  @Override
  public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
    try {
      AnnotationSupport.findAnnotation(context.getElement(), NeedsServer.class)
          .ifPresent(needed -> Arrays.stream(needed.value()).forEach(Servers::shared));
      return ConditionEvaluationResult.enabled("the servers are there");
    } catch (MissingServerException e) {
      return ConditionEvaluationResult.disabled(e.getMessage());
    }
  }

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    return Arrays.stream(ServerKind.values()).anyMatch(kind -> Servers.is(kind, type(parameter)));
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    return Arrays.stream(ServerKind.values())
        .filter(kind -> Servers.is(kind, type(parameter)))
        .findFirst()
        .map(Servers::shared)
        .orElseThrow();
  }

  private static Class<?> type(ParameterContext parameter) {
    return parameter.getParameter().getType();
  }
}
