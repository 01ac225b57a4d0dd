/** Tests run the TypeScript sources as CommonJS; pods that need a process of their own run `dist/`. */
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  transform: {
    '\\.ts$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'commonjs' } },
    ],
    '\\.js$': ['@swc/jest', { jsc: { target: 'es2022' }, module: { type: 'commonjs' } }],
  },
  // Packages that are ES modules alone; all others load as they are.
  transformIgnorePatterns: [
    '/node_modules/(?!(?:p-limit|p-retry|yocto-queue|is-network-error|chokidar|readdirp|hyparquet[^/]*|hysnappy)/)',
  ],
  globalSetup: '<rootDir>/test/support/services.ts',
  globalTeardown: '<rootDir>/test/support/stop-services.ts',
  testTimeout: 30_000,
  maxWorkers: 2,
};
