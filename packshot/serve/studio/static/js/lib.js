/* Preact, its hooks and htm in one place; every other module imports from here. */
import { Fragment, createContext, createRef, h, render } from "../vendor/preact.js";
import { useContext, useEffect, useId, useLayoutEffect, useMemo, useReducer, useRef, useState, useCallback } from "../vendor/hooks.js";
import htm from "../vendor/htm.js";

export const html = htm.bind(h);
export {
  Fragment, createContext, createRef, h, render,
  useCallback, useContext, useEffect, useId, useLayoutEffect, useMemo, useReducer, useRef, useState,
};
