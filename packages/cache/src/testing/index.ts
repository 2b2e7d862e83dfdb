export { connectReadable, type ReadableOptions } from './connect-readable.ts';
export { describeCacheDriver } from './driver-suite.ts';
export { createFaultyDriver, type DriverCommand, type Fault, type FaultyDriver } from './faulty-driver.ts';
export { describeInvalidations, type InvalidationsSubject } from './invalidations-suite.ts';
export { createMemoryDriver, type MemoryDriverOptions } from './memory-driver.ts';
export { describeProtocolDriver } from './protocol-suite.ts';
