/**
 * An error that ends the evaluation of something, and says why: it is caught and shown, and is no defect. It does not keep
 * where it was thrown, which nobody reads and which costs more than all else about it.
 */
export class WayOut extends Error {
  constructor(message: string) {
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super(message);
    Error.stackTraceLimit = stackTraceLimit;
  }
}
