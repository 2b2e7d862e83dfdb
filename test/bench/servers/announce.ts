/** Prints the line that the bench waits for, in the form of the services. */
export function announce({ name, port }: { name: string; port: number }): void {
  console.log(`${name} ready grpc=127.0.0.1:${port}`);
}
