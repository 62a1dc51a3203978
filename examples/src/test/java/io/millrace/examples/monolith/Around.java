package io.millrace.examples.monolith;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import org.jspecify.annotations.Nullable;

/** Puts something around the calls of an object of an SPI. */
final class Around {
  /** What to do at a call; most calls just proceed. */
  interface Advice {
    @Nullable Object at(Call call) throws Throwable;
  }

  /** A call under way. */
  record Call(Object inner, Method method, @Nullable Object[] arguments) {
    String name() {
      return method.getName();
    }

    @Nullable Object proceed() throws Throwable {
      try {
        return method.invoke(inner, arguments);
      } catch (InvocationTargetException e) {
        throw e.getCause() == null ? e : e.getCause();
      }
    }

    <T> T argument(int index, Class<T> type) {
      return type.cast(arguments[index]);
    }

    /** What it gives, for a method that never gives null. */
    <T> T proceed(Class<T> type) throws Throwable {
      return type.cast(proceed());
    }
  }

  private Around() {}

  static <T> T each(Class<T> type, T inner, Advice advice) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) ->
                advice.at(new Call(inner, method, arguments == null ? new Object[0] : arguments))));
  }
}
