// SPDX-License-Identifier: Apache-2.0
using System;
using System.Linq;
using System.Reflection;
using System.Reflection.Emit;

namespace Sluice.TestSupport;

/// <summary>Where the runtime really puts the fields of a struct. (Marshal.OffsetOf tells the marshaller's layout, which nobody uses here.)</summary>
public static class ManagedLayout
{
    public static FieldInfo[] FieldsOf(Type type) =>
        [.. type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic).OrderBy(OffsetOf)];

    public static int SizeOf(Type type)
    {
        DynamicMethod method = new("SizeOf", typeof(int), [], typeof(ManagedLayout).Module, skipVisibility: true);
        ILGenerator il = method.GetILGenerator();
        il.Emit(OpCodes.Sizeof, type);
        il.Emit(OpCodes.Ret);
        return (int)method.Invoke(null, null)!;
    }

    public static int OffsetOf(FieldInfo field)
    {
        DynamicMethod method = new("OffsetOf", typeof(int), [], typeof(ManagedLayout).Module, skipVisibility: true);
        ILGenerator il = method.GetILGenerator();
        _ = il.DeclareLocal(field.DeclaringType!);
        il.Emit(OpCodes.Ldloca_S, (byte)0);
        il.Emit(OpCodes.Ldflda, field);
        il.Emit(OpCodes.Conv_U);
        il.Emit(OpCodes.Ldloca_S, (byte)0);
        il.Emit(OpCodes.Conv_U);
        il.Emit(OpCodes.Sub);
        il.Emit(OpCodes.Conv_I4);
        il.Emit(OpCodes.Ret);
        return (int)method.Invoke(null, null)!;
    }
}
