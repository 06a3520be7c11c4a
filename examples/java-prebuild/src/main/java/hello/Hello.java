package hello;

public class Hello {
  public static void main(String[] args) {
    System.out.println("Hello from a jar made before the context was read, on Java " + Runtime.version().feature() + ".");
  }
}
